"""An image for `mariadb:10.11`, since the official one is in no reach: Debian's package."""
