/* seal: what a parse child gives up before it sees a resident's first byte.
 *
 * For good: every file and socket but its own, all system calls but those that reading, writing,
 * memory and the clock need (opening a file fails, as libraries try it; anything else ends the
 * process), executable memory, core files, 1.5 GiB of address space. Works inside systemd's
 * SystemCallFilter=@system-service with `seccomp` added, and MemoryDenyWriteExecute.
 * Sanitizers need more than that, so their builds keep the system calls and the address space.
 */
#ifndef REDRESS_READER_SEAL_H
#define REDRESS_READER_SEAL_H

#include <stdint.h>
#include "redress/base/err.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RD_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
	__has_feature(undefined_behavior_sanitizer)
#define RD_SANITIZED 1
#endif
#endif
#ifndef RD_SANITIZED
#define RD_SANITIZED 0
#endif

#define RD_CHILD_ADDRESS_BYTES ((uint64_t)3 << 29) /* 1.5 GiB */

/* fd: the one socket that stays. Called once, in a process of one thread. */
RD_MUST_USE enum rd_rc rd_seal(int fd, struct rd_err *err);

/* Ends the process with exit status `status` once that much CPU time more was spent. Prepared
 * before sealing, armed for each message. */
RD_MUST_USE enum rd_rc rd_cpu_limit_prepare(int status, struct rd_err *err);
void rd_cpu_limit_arm(int64_t cpu_ms);

#endif
