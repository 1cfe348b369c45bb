/* asleep: has a thread of this process gone to sleep? For tests of who waits for whom: what a
 * thread waits in is not to be seen from outside, that it no longer moves is.
 */
#ifndef REDRESS_SUPPORT_ASLEEP_H
#define REDRESS_SUPPORT_ASLEEP_H

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#define ASLEEP_LOOKS 20 /* in a row in which it sleeps and has not been awake in between */

/* How often it has gone to sleep; -1: it is awake. */
static inline long asleep_times(pid_t tid)
{
	char path[64], line[128], state = '?';
	long times = -1;

	snprintf(path, sizeof path, "/proc/self/task/%d/status", (int)tid);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return -1;
	while (fgets(line, sizeof line, file) != NULL) {
		sscanf(line, "State: %c", &state);
		sscanf(line, "voluntary_ctxt_switches: %ld", &times);
	}
	fclose(file);
	return state == 'S' ? times : -1;
}

/* Waits until it sleeps for good; false: it goes on moving. */
static inline bool asleep_wait(pid_t tid)
{
	long before = -1;
	int n = 0;

	for (int looks = 0; looks < 10000; looks++) {
		long times = asleep_times(tid);
		n = times >= 0 && times == before ? n + 1 : 0;
		if (n == ASLEEP_LOOKS)
			return true;
		before = times;
		poll(NULL, 0, 2);
	}
	return false;
}

#endif
