//! Makes the JavaScript that loads the browser half: `bindgen IN.wasm OUT_DIR NAME` writes `NAME.js` and `NAME_bg.wasm`,
//! the names that Leptos' `HydrationScripts` asks for.

use std::{env, error::Error, process::ExitCode};

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let [input, out_dir, name] = args.as_slice() else {
        eprintln!("usage: bindgen IN.wasm OUT_DIR NAME");
        return ExitCode::from(2);
    };
    match generate(input, out_dir, name) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bindgen: {error:?}");
            ExitCode::FAILURE
        }
    }
}

fn generate(input: &str, out_dir: &str, name: &str) -> Result<(), Box<dyn Error>> {
    Bindgen::new().input_path(input).web(true)?.typescript(false).out_name(name).generate(out_dir)?;
    Ok(())
}
