#include "problems.h"

#include <string.h>

#include "print.h"

#define PATH_SHOWN_MAX 4352 /* a path, and a file's name below it */

static const char *between(const char *dir, const char *file)
{
	return dir != NULL && file[0] != '\0' ? "/" : "";
}

void rd_ctl_print_problem(FILE *out, const char *dir, const struct rd_problem *problem)
{
	const struct rd_place *at = &problem->at;

	fprintf(out, "%s%s", dir != NULL ? dir : "", between(dir, at->file));
	rd_print_words(out, at->file);
	if (at->line > 0)
		fprintf(out, ":%d:%d", at->line, at->column);
	if (dir != NULL || at->file[0] != '\0')
		fputs(": ", out);
	if (problem->severity != RD_SEVERITY_ERROR)
		fprintf(out, "%s: ", rd_severity_names[problem->severity]);
	rd_print_words(out, problem->text);
	putc('\n', out);
}

json_t *rd_ctl_problems_json(
	const char *dir, const struct rd_problems *problems, enum rd_severity least)
{
	json_t *list = json_array();

	for (size_t i = 0; i < problems->n_items; i++) {
		const struct rd_problem *p = &problems->items[i];
		if (p->severity > least)
			continue;
		char file[PATH_SHOWN_MAX];
		snprintf(file, sizeof file, "%s%s%s", dir != NULL ? dir : "",
			between(dir, p->at.file), p->at.file);
		json_array_append_new(
			list, json_pack("{s:s,s:o,s:i,s:i,s:o}", "severity",
				      rd_severity_names[p->severity], "file", rd_json_string(file),
				      "line", p->at.line, "column", p->at.column, "message",
				      rd_json_string(p->text)));
	}
	return list;
}
