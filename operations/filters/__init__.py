"""The lists' filters, one module per noun."""
