"""The hospital's database: connections of our own, procedures by name, both dialects behind one port."""
