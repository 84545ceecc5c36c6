"""What to do where a program that a test needs is not installed."""

HOW_TO_INSTALL = (
    "`python3 install/bootstrap.py --test` installs it on Debian, as root, and elsewhere names it"
)
