"""Import and export of master data, one module per noun, by natural keys instead of row numbers."""
