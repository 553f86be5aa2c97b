//! Quantities: parsing and printing in one place.
