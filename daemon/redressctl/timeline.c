/* redressctl timeline: when each clock of a landlord's policy starts and ends. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "redress/base/arena.h"
#include "redress/policy/clocks.h"
#include "redress/policy/policy.h"
#include "redress/rules/kind.h"

#define RULES_ARENA_BYTES (64u << 20)
#define OPT_LANDLORD	  1
#define OPT_FLAG	  2
#define OPT_EVENT	  100 /* plus enum rd_event */

/* A day, or for hazard-known an instant too. */
static enum rd_rc take_event(
	struct rd_events *events, enum rd_event event, const char *text, struct rd_err *err)
{
	struct rd_date day;
	int64_t at_ms;

	if (rd_date_parse(text, &day, err) == RD_OK) {
		rd_events_set_day(events, event, day);
		return RD_OK;
	}
	if (event == RD_EVENT_HAZARD_KNOWN && rd_instant_parse(text, &at_ms, err) == RD_OK) {
		rd_events_set_instant(events, event, at_ms);
		return RD_OK;
	}
	if (event == RD_EVENT_HAZARD_KNOWN)
		return rd_fail(err, RD_E_INPUT,
			"--%s: \"%.40s\" is neither a day (2026-11-20) nor an instant "
			"(2026-11-20T22:30:00Z)",
			rd_event_names[event], text);
	return rd_fail(err, RD_E_INPUT, "--%s: \"%.40s\" is no day; write it as 2026-11-20",
		rd_event_names[event], text);
}

/* What happens to a complaint happens after it came, what happens to its second stage after that
 * was asked for, and a hazard is investigated once it is known. */
static enum rd_event earliest_of(enum rd_event event)
{
	if (event > RD_EVENT_STAGE2_REQUESTED && event <= RD_EVENT_STAGE2_RESPONDED)
		return RD_EVENT_STAGE2_REQUESTED;
	return event == RD_EVENT_INVESTIGATED ? RD_EVENT_HAZARD_KNOWN : RD_EVENT_RECEIVED;
}

static enum rd_rc check_after(const struct rd_events *events, enum rd_event event,
	enum rd_event before, struct rd_err *err)
{
	const struct rd_event_time *at = &events->at[event];
	char day[RD_DATE_MAX];

	if (!at->given || !events->at[before].given ||
		rd_date_compare(at->day, events->at[before].day) >= 0)
		return RD_OK;
	return rd_fail(err, RD_E_INPUT, "--%s: %s lies before %s%s", rd_event_names[event],
		rd_date_format(at->day, day),
		before == RD_EVENT_RECEIVED ? "the day of receipt" : "--",
		before == RD_EVENT_RECEIVED ? "" : rd_event_names[before]);
}

static enum rd_rc check_order(const struct rd_events *events, struct rd_err *err)
{
	for (int i = RD_EVENT_ACKNOWLEDGED; i <= RD_EVENT_INVESTIGATED; i++) {
		const enum rd_event event = (enum rd_event)i;
		/* A hazard may be known before anybody complains of it. */
		if (event == RD_EVENT_HAZARD_KNOWN)
			continue;
		if (event != RD_EVENT_INVESTIGATED)
			RD_TRY(check_after(events, event, RD_EVENT_RECEIVED, err));
		RD_TRY(check_after(events, event, earliest_of(event), err));
	}
	return RD_OK;
}

/* Leaves out the hazard clocks that do not run for a case with this flag; how many are left. */
static size_t keep_clocks_of(const struct rd_landlord *landlord, enum rd_flag flag,
	struct rd_clock_line *lines, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (!rd_clock_is_hazard(lines[i].clock) ||
			rd_hazard_clock_runs(landlord, lines[i].clock, flag))
			lines[kept++] = lines[i];
	return kept;
}

static const char *format_end(
	const struct rd_clock_line *line, bool due, char out[static RD_INSTANT_MAX])
{
	char day[RD_DATE_MAX];

	if (line->instants)
		return rd_instant_format(due ? line->due_ms : line->starts_ms, out);
	(void)snprintf(
		out, RD_INSTANT_MAX, "%s", rd_date_format(due ? line->due : line->starts, day));
	return out;
}

/* A clock that ends outside the calendar starts on a known day all the same. */
static bool starts_known(const struct rd_clock_line *line)
{
	return line->known || rd_date_is_set(line->starts);
}

static void print_json(const struct rd_clock_line *lines, size_t n)
{
	json_t *list = json_array();
	char starts[RD_INSTANT_MAX], due[RD_INSTANT_MAX];

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list,
			json_pack("{s:s,s:s?,s:s?,s:b,s:s}", "clock",
				rd_clock_names[lines[i].clock], "starts",
				starts_known(&lines[i]) ? format_end(&lines[i], false, starts)
							: NULL,
				"due", lines[i].known ? format_end(&lines[i], true, due) : NULL,
				"supposed", lines[i].supposed, "source", lines[i].source));
	json_dumpf(list, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(list);
}

static const char *const outside[] = { "past the calendar of bank holidays",
	"before the calendar of bank holidays begins" };

static void print_line(const struct rd_clock_line *line, bool before_calendar)
{
	char starts[RD_LONG_DATE_MAX], due[RD_LONG_DATE_MAX];

	printf("%-20s ", rd_clock_names[line->clock]);
	if (line->past_calendar && rd_date_is_set(line->starts))
		printf("%s%s to a day not known: %s\n", rd_date_format_long(line->starts, starts),
			line->supposed ? " (supposed)" : "", outside[before_calendar]);
	else if (line->past_calendar)
		printf("not known: %s\n", outside[before_calendar]);
	else if (!line->known)
		printf("not known: it starts with an event that was not given\n");
	else if (line->instants)
		printf("%s to %s\n", format_end(line, false, starts), format_end(line, true, due));
	else
		printf("%s to %s%s\n", rd_date_format_long(line->starts, starts),
			rd_date_format_long(line->due, due), line->supposed ? " (supposed)" : "");
	printf("%-20s %s\n", "", line->source);
}

/* before_calendar: it was received before the calendar's first full year. */
static enum rd_exit print_all(
	const struct rd_ctl *ctl, const struct rd_clock_line *lines, size_t n, bool before_calendar)
{
	bool past_calendar = false;

	if (ctl->json)
		print_json(lines, n);
	for (size_t i = 0; i < n; i++) {
		past_calendar = past_calendar || lines[i].past_calendar;
		if (!ctl->json)
			print_line(&lines[i], before_calendar);
	}
	if (!past_calendar)
		return RD_EXIT_DONE;
	if (before_calendar)
		fputs("redressctl: some dates lie before the calendar of bank holidays begins and "
		      "are not known\n",
			stderr);
	else
		fputs("redressctl: some dates lie past the calendar of bank holidays and are not "
		      "known; take the new one with `redressctl calendar update " RD_CALENDAR_URL
		      "`\n",
			stderr);
	return RD_EXIT_FOUND;
}

enum rd_exit rd_ctl_timeline(struct rd_ctl *ctl, int argc, char **argv)
{
	struct option options[RD_N_EVENTS + 16] = { RD_CTL_OPTIONS,
		{ "landlord", required_argument, NULL, OPT_LANDLORD },
		{ "flag", required_argument, NULL, OPT_FLAG } };
	struct rd_events events = { 0 };
	struct rd_clock_line lines[RD_N_CLOCKS];
	struct rd_rulefiles files;
	struct rd_err err = { 0 };
	const char *landlord = NULL, *flagged = NULL;
	enum rd_flag flag = RD_N_FLAGS;
	size_t n = 0;
	int option;

	while (options[n].name != NULL)
		n++;
	for (int event = 0; event < RD_N_EVENTS; event++)
		options[n++] = (struct option){ rd_event_names[event], required_argument, NULL,
			OPT_EVENT + event };
	while ((option = rd_ctl_next_option(argc, argv, options)) != -1) {
		if (option == OPT_LANDLORD)
			landlord = optarg;
		else if (option == OPT_FLAG)
			flagged = optarg;
		else if (option >= OPT_EVENT && option < OPT_EVENT + RD_N_EVENTS) {
			if (take_event(&events, (enum rd_event)(option - OPT_EVENT), optarg,
				    &err) != RD_OK)
				return rd_ctl_fail(&err);
		} else if (!rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	}
	if (optind < argc || landlord == NULL || !events.at[RD_EVENT_RECEIVED].given)
		return rd_ctl_usage(ctl);
	if (flagged != NULL && !rd_flag_parse(flagged, &flag))
		return rd_ctl_not_one_of(flagged, rd_flag_names);

	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(RULES_ARENA_BYTES);
	RD_CLEANUP(rd_policy_cleanup) struct rd_policy *policy = NULL;
	if (check_order(&events, &err) != RD_OK ||
		rd_rulefiles_read(rd_ctl_rules_dir(ctl), arena, &files, &err) != RD_OK ||
		rd_rulefiles_check_landlord(&files, landlord, &err) != RD_OK)
		return rd_ctl_fail(&err);
	if (rd_policy_load_clocks(&files, landlord, &policy, &err) != RD_OK ||
		rd_clocks_run(&policy->landlord, policy->calendar, &events, lines, &n, &err) !=
			RD_OK) {
		rd_rulefiles_fail_in(&files, rd_ctl_rules_dir(ctl), &err);
		return rd_ctl_fail(&err);
	}
	if (flagged != NULL)
		n = keep_clocks_of(&policy->landlord, flag, lines, n);
	return print_all(ctl, lines, n,
		rd_date_compare(events.at[RD_EVENT_RECEIVED].day,
			rd_calendar_first_day(policy->calendar)) < 0);
}
