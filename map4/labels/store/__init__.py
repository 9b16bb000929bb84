"""Labels and values of providers in the library."""
