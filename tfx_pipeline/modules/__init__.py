"""What runs inside the components; values arrive through `custom_config`."""
