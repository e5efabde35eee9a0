"""The lists' columns and cells, one module per noun."""
