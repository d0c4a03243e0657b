"""Tables, sentences, the report and its index."""
