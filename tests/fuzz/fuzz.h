/* fuzz: what every fuzz target is made of: one function that must bear any bytes. */
#ifndef REDRESS_TESTS_FUZZ_H
#define REDRESS_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Returns 0; libFuzzer's own name and signature. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
