"""Importers of vendors' exports: one module a vendor, each maps columns by name."""
