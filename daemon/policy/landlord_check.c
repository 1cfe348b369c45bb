#include "redress/policy/landlord_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "redress/base/err.h"
#include "redress/message/sms.h"

bool rd_is_example_number(const char *number)
{
	/* Ofcom, "Telephone numbers for use in TV and radio drama programmes"; without their 0. */
	static const char *const ranges[] = {
		"7700900",
		"1632960",
		"1134960",
		"1144960",
		"1154960",
		"1164960",
		"1174960",
		"1184960",
		"1214960",
		"1314960",
		"1414960",
		"1514960",
		"1614960",
		"2079460",
		"1914980",
		"2896496",
		"2920180",
		"8081570",
		"9098790",
		"3069990",
	};
	char digits[RD_PHONE_MAX];
	size_t n = 0;

	for (const char *p = number; *p != '\0' && n + 1 < sizeof digits; p++)
		if (*p >= '0' && *p <= '9')
			digits[n++] = *p;
	digits[n] = '\0';
	if (n == 0)
		return false;
	const char *rest = digits;
	if (strncmp(rest, "0044", 4) == 0)
		rest += 4;
	else if (strncmp(rest, "44", 2) == 0 && n > 11)
		rest += 2;
	if (*rest == '0') /* also the (0) of +44 (0)7700 */
		rest++;
	for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
		if (strlen(rest) == 10 && strncmp(rest, ranges[i], strlen(ranges[i])) == 0)
			return true;
	return false;
}

/* Is there an example number anywhere in a line of words? */
static bool names_example_number(const char *text)
{
	char run[RD_PHONE_MAX];
	size_t n = 0;

	for (const char *p = text;; p++) {
		bool part = *p != '\0' && strchr("0123456789+() -", *p) != NULL;
		if (part && n + 1 < sizeof run) {
			run[n++] = *p;
			continue;
		}
		run[n] = '\0';
		if (n > 0 && rd_is_example_number(run))
			return true;
		n = 0;
		if (*p == '\0')
			return false;
	}
}

bool rd_checked_over_a_year_ago(struct rd_date checked_on, struct rd_date today)
{
	struct rd_date limit = checked_on;

	limit.year++;
	return rd_date_compare(today, limit) > 0;
}

struct findings {
	struct rd_finding *out;
	size_t n;
};

RD_PRINTF(3, 4)
static void find(struct findings *findings, bool refuse, const char *format, ...)
{
	va_list args;

	if (findings->n == RD_FINDINGS_MAX)
		return;
	struct rd_finding *finding = &findings->out[findings->n++];
	finding->refuse = refuse;
	va_start(args, format);
	(void)vsnprintf(finding->text, sizeof finding->text, format, args);
	va_end(args);
}

static void check_block(const struct rd_landlord *landlord, int kind, struct rd_date today,
	bool real_provider, struct findings *findings)
{
	const struct rd_emergency *block = &landlord->emergency[kind];
	const char *name = rd_emergency_names[kind];
	char day[RD_DATE_MAX];

	if (!block->held) {
		find(findings, real_provider,
			"landlords/%s.landlord: no emergency block for %s; add `Emergency: %s` "
			"with "
			"your own numbers",
			landlord->name, name, name);
		return;
	}
	bool example = names_example_number(block->text) || names_example_number(block->short_text);
	for (size_t i = 0; i < block->n_numbers; i++)
		example = example || rd_is_example_number(block->numbers[i]);
	if (example)
		find(findings, real_provider,
			"landlords/%s.landlord: the emergency block for %s names an example "
			"number; "
			"put the real one there",
			landlord->name, name);
	if (rd_checked_over_a_year_ago(block->checked_on, today))
		find(findings, false,
			"landlords/%s.landlord: the emergency block for %s was last checked on %s, "
			"over a year ago; ring its numbers and set `Checked on:`",
			landlord->name, name, rd_date_format(block->checked_on, day));
}

/* A landlord in England may promise more than the Code, never less. */
static void check_code(const struct rd_landlord *landlord, struct findings *findings)
{
	static const struct {
		enum rd_clock_id clock;
		int most;
		const char *clause;
	} limits[] = {
		{ RD_CLOCK_STAGE1_ACKNOWLEDGE, 5, "6.2" },
		{ RD_CLOCK_STAGE1_RESPOND, 10, "6.3" },
		{ RD_CLOCK_STAGE1_EXTENDED, 10, "6.4" },
		{ RD_CLOCK_STAGE2_ACKNOWLEDGE, 5, "6.11" },
		{ RD_CLOCK_STAGE2_RESPOND, 20, "6.14" },
		{ RD_CLOCK_STAGE2_EXTENDED, 20, "6.15" },
	};

	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		const enum rd_clock_id clock = limits[i].clock;
		const struct rd_clock_rule *rule = &landlord->clocks[clock];
		bool extension =
			clock == RD_CLOCK_STAGE1_EXTENDED || clock == RD_CLOCK_STAGE2_EXTENDED;
		if (rule->held ? rule->unit != RD_UNIT_WORKING_DAYS || rule->length > limits[i].most
			       : !extension)
			find(findings, false,
				"landlords/%s.landlord: %s: the Code (%s) allows at most %d "
				"working days; write that, or less",
				landlord->name, rd_clock_names[clock], limits[i].clause,
				limits[i].most);
	}
}

size_t rd_landlord_check(const struct rd_landlord *landlord, struct rd_date today,
	bool real_provider, struct rd_finding out[static RD_FINDINGS_MAX])
{
	struct findings findings = { .out = out, .n = 0 };
	char day[RD_DATE_MAX];

	if (landlord->nation == RD_ENGLAND)
		check_code(landlord, &findings);
	for (int kind = 0; kind < RD_N_EMERGENCIES; kind++)
		check_block(landlord, kind, today, real_provider, &findings);
	if (rd_is_example_number(landlord->help_number))
		find(&findings, real_provider,
			"landlords/%s.landlord: `Help number:` is an example number; put the real "
			"one "
			"there",
			landlord->name);
	if (rd_checked_over_a_year_ago(landlord->ombudsman.checked_on, today))
		find(&findings, false,
			"%s: the Ombudsman's details were last checked on %s, over a year ago; "
			"look them up and set `Checked on:`",
			landlord->ombudsman.file,
			rd_date_format(landlord->ombudsman.checked_on, day));
	return findings.n;
}
