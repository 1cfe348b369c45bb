/* folder: a temporary folder of a test, taken away with all that is in it. */
#ifndef REDRESS_SUPPORT_FOLDER_H
#define REDRESS_SUPPORT_FOLDER_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define FOLDER_MAX 64

static inline int folder_drop(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
	(void)st;
	(void)kind;
	(void)walk;
	return remove(path);
}

static inline void folder_remove(const char *path)
{
	nftw(path, folder_drop, 16, FTW_DEPTH | FTW_PHYS);
}

/* 0711, so that a server run as another user reaches its own part. */
static inline void folder_make(char path[static FOLDER_MAX], const char *name)
{
	snprintf(path, FOLDER_MAX, "/tmp/redress-%s-XXXXXX", name);
	if (!mkdtemp(path) || chmod(path, 0711) != 0)
		abort();
}

#endif
