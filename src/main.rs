//! The program: parses the command line and calls one function of `cli`.

fn main() -> std::process::ExitCode {
    continuous_export::cli::run()
}
