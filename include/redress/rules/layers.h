/* layers: which files of a rule folder are a landlord's own rules.
 *
 * The shipped rules (*.rules at the top of the folder) hold for everybody. A landlord's layer,
 * landlords/NAME.rules, is read on top of them for that landlord alone: it overrides and switches
 * off by rule id, each with a reason (language.h). NAME is the profile's, landlords/NAME.landlord.
 */
#ifndef REDRESS_RULES_LAYERS_H
#define REDRESS_RULES_LAYERS_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define RD_LAYER_NAME_MAX 128 /* bytes, its NUL counted */

/* file: its path in the folder. "landlords/NAME.rules" -> NAME; false for any other file, for one
 * deeper down, and for a name too long. */
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
