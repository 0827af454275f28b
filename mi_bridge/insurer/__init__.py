"""The insurer's platform as Python sees it; usable alone, without a database or a settings file."""
