"""Text to Arrow buffers in one pass, in a sandbox: C compiled to WebAssembly."""
