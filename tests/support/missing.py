"""What to do where something that a test needs is not installed."""

HOW_TO_INSTALL = (
    "`python3 install/bootstrap.py --test` installs it on Debian, as root, and elsewhere names it"
)

HOW_TO_INSTALL_NPM = "`npm ci` in the checkout installs it, as `install/bootstrap.py --test` does"
