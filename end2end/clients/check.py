"""Runs Microsoft's own Python clients against the practice Azure: one line a check, non-zero exit when one fails.

    python check.py [URL]

Without a URL the debug build is started for the time of the checks.
"""

import logging
import sys
import traceback

import calls_monitor
import calls_resources
import calls_security
import calls_sign_in
from practice import Failed, Practice

MODULES = (calls_sign_in, calls_resources, calls_security, calls_monitor)


def main():
    logging.disable(logging.CRITICAL)
    practice = Practice(sys.argv[1] if len(sys.argv) > 1 else None)
    passed = failed = 0
    try:
        for module in MODULES:
            for name, check in module.checks(practice):
                try:
                    check()
                except Exception as error:  # one check that fails keeps none of the others from running
                    failed += 1
                    text = str(error).strip().splitlines()
                    print(f"no  {name}: {type(error).__name__}: {text[0] if text else ''}", flush=True)
                    if not isinstance(error, Failed):
                        traceback.print_exc(limit=-3)
                else:
                    passed += 1
                    print(f"ok  {name}", flush=True)
    finally:
        practice.stop()
    print(f"{'no' if failed else 'ok'}  {passed} of {passed + failed} calls of Microsoft's clients")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
