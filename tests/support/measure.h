/* measure: what a test may ask of memory. Under a sanitizer, whose own memory drowns ours, the
 * limits are out of reach. */
#ifndef REDRESS_SUPPORT_MEASURE_H
#define REDRESS_SUPPORT_MEASURE_H

#include <sys/resource.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MEASURE_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEASURE_SANITIZED 1
#endif
#ifdef MEASURE_SANITIZED
#define MEASURE_SLACK 100
#else
#define MEASURE_SLACK 1
#endif

static inline long measure_peak_kib(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

#endif
