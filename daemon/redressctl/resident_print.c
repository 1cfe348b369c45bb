#include "resident_print.h"

#include <string.h>

#include "print.h"
#include "redress/base/clock.h"
#include "redress/store/residents.h"

json_t *rd_resident_json(const struct rd_resident *r)
{
	return json_pack("{s:o,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "name",
		rd_json_text(r->name), "landlord", r->landlord, "reference",
		rd_json_text(r->reference), "email", rd_json_text(r->email), "phone",
		rd_json_text(r->phone), "address", rd_json_text(r->address), "prefers",
		rd_json_text(rd_prefers_names[r->prefers]), "language", rd_json_text(r->language),
		"adjustments", rd_json_text(r->adjustments), "restrictions",
		rd_json_text(r->restrictions), "restrictions_until",
		rd_json_day(r->restrictions_until), "tenure", rd_json_text(r->tenure), "seen",
		rd_json_instant(r->seen_ms));
}

/* Words of several lines stand in one: what parts them is a semicolon. */
static void print_field(const char *name, const char *words)
{
	if (words[0] == '\0')
		return;
	printf("    %-14s ", name);
	for (const char *line = words; *line != '\0';) {
		const size_t len = strcspn(line, "\r\n");

		rd_print_lines(stdout, line, len);
		line += len;
		line += strspn(line, "\r\n");
		if (*line != '\0')
			fputs("; ", stdout);
	}
	putchar('\n');
}

void rd_resident_print(const struct rd_resident *r, size_t n, struct rd_date today)
{
	const char *language = r->language;
	char day[20];

	if (strcmp(language, RD_LANGUAGE_WELSH) == 0)
		language = "Welsh";
	else if (strcmp(language, RD_LANGUAGE_ENGLISH) == 0)
		language = "English";
	if (n > 1)
		printf("    %zu residents share this; below is what holds for all of them, and "
		       "the adjustments and restrictions of each\n",
			n);
	print_field("name", r->name);
	print_field("reference", r->reference);
	print_field("address", r->address);
	print_field("e-mail", r->email);
	print_field("phone", r->phone);
	print_field("prefers", rd_prefers_names[r->prefers]);
	print_field("language", language);
	print_field("tenure", r->tenure);
	print_field("adjustments", r->adjustments);
	print_field("restrictions", r->restrictions);
	if (rd_date_is_set(r->restrictions_until))
		printf("    %-14s %s%s\n", "looked at", rd_short_day(r->restrictions_until, day),
			rd_date_compare(r->restrictions_until, today) < 0
				? " (that day has passed: ask for it to be looked at again)"
				: "");
}

static size_t look_up(struct rd_ctl_desk *desk, const char *landlord, const char *contact,
	struct rd_resident *resident)
{
	struct rd_err ignored = { 0 };
	size_t n = 0;

	if (rd_resident_known(
		    desk->desk.db, landlord, contact, desk->arena, resident, &n, &ignored) != RD_OK)
		return 0;
	return n;
}

json_t *rd_case_resident_json(struct rd_ctl_desk *desk, const char *landlord, const char *contact)
{
	struct rd_resident resident;
	const size_t n = look_up(desk, landlord, contact, &resident);
	json_t *json;

	if (n == 0)
		return json_null();
	json = rd_resident_json(&resident);
	json_object_set_new(json, "sharing", json_integer((json_int_t)n));
	return json;
}

void rd_case_resident_print(struct rd_ctl_desk *desk, const char *landlord, const char *contact)
{
	struct rd_resident resident;
	const size_t n = look_up(desk, landlord, contact, &resident);

	if (n == 0)
		return;
	puts("\nWho this is, by the contacts file");
	rd_resident_print(&resident, n, rd_date_of(rd_office_now(&desk->desk.office)));
}
