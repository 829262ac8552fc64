"""The rules of the product, pure: bytes and values in, values out; time is an argument."""
