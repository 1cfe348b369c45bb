/* measure: what a test may ask of memory, and how much it may try. Under a sanitizer, whose own
 * memory drowns ours, the limits are out of reach, and what chance or a corpus is tried on is a
 * part of it: everything takes five to twenty times as long. What is asserted stays the same. */
#ifndef REDRESS_SUPPORT_MEASURE_H
#define REDRESS_SUPPORT_MEASURE_H

#include <sys/resource.h>

#include "redress/reader/seal.h" /* RD_SANITIZED */

#define MEASURE_SLACK (RD_SANITIZED ? 100 : 1)
#define MEASURE_SHARE (RD_SANITIZED ? 5 : 1) /* one in so many is tried */

static inline long measure_peak_kib(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

#endif
