#include "redress/base/fault.h"

#ifdef RD_FAULT_POINTS

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char wanted[64];
static long wanted_passing;
static bool wanted_hang;
static atomic_long passed;

static void read_environment(void)
{
	static const char hang[] = "hang ";
	const char *text = getenv("REDRESS_FAULT");
	const char *colon = text != NULL ? strrchr(text, ':') : NULL;

	wanted_hang = colon != NULL && strncmp(text, hang, sizeof hang - 1) == 0;
	if (wanted_hang)
		text += sizeof hang - 1;
	if (colon == NULL || (size_t)(colon - text) >= sizeof wanted)
		return;
	memcpy(wanted, text, (size_t)(colon - text));
	wanted_passing = strtol(colon + 1, NULL, 10);
}

void rd_fault_point(const char *name)
{
	pthread_once(&once, read_environment);
	if (wanted[0] == '\0' || strcmp(name, wanted) != 0)
		return;
	if (atomic_fetch_add(&passed, 1) + 1 != wanted_passing)
		return;
	while (wanted_hang)
		pause();
	raise(SIGKILL);
}

#endif
