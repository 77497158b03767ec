//! What the suite asks of the world, with memory fakes, faults and contracts.
