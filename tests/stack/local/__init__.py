"""A real Kafka, schema registry and object store on this machine. Knows nothing of what is tested on them."""
