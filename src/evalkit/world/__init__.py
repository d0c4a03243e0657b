"""The concepts that every room shares; they know no file, no table and no language of a library."""
