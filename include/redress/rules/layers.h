/* layers: which files of a rule folder are a landlord's own rules. */
#ifndef REDRESS_RULES_LAYERS_H
#define REDRESS_RULES_LAYERS_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define RD_LAYER_NAME_MAX 128

/* "landlords/NAME.rules" -> NAME; false for any other file. */
static inline bool rd_layer_of(const char *file, char out[static RD_LAYER_NAME_MAX])
{
	static const char folder[] = "landlords/", ending[] = ".rules";
	size_t n = strlen(file), head = sizeof folder - 1, tail = sizeof ending - 1;

	if (n <= head + tail || n - head - tail >= RD_LAYER_NAME_MAX ||
		memcmp(file, folder, head) != 0 || strcmp(file + n - tail, ending) != 0)
		return false;
	snprintf(out, RD_LAYER_NAME_MAX, "%.*s", (int)(n - head - tail), file + head);
	return strchr(out, '/') == NULL;
}

#endif
