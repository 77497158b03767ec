//! What the user wants: parse, validate, defaults, JSON Schema, manifest import.
