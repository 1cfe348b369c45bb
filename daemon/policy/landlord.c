#include "redress/policy/landlord.h"

#include <string.h>
#include <strings.h>
#include "redress/base/stanza.h"
#include "redress/message/sms.h"
#include "redress/rules/kind.h"

#define LENGTH_MAX 1000 /* of a clock, in whatever unit */

const char *const rd_clock_names[RD_N_CLOCKS + 1] = {
	"stage1.acknowledge",
	"stage1.define",
	"stage1.contact",
	"stage1.respond",
	"stage1.extended",
	"stage2.request",
	"stage2.accept",
	"stage2.acknowledge",
	"stage2.contact",
	"stage2.respond",
	"stage2.extended",
	"case.close",
	"enquiry.respond",
	"survey.contact",
	"conduct.respond",
	"age_limit",
	"hazard.emergency",
	"hazard.investigate",
	"hazard.summary",
	"hazard.make_safe",
	"feedback.respond",
	NULL,
};

const char *const rd_event_names[RD_N_EVENTS + 1] = {
	"received",
	"acknowledged",
	"assigned",
	"extended",
	"responded",
	"stage2-requested",
	"stage2-acknowledged",
	"stage2-assigned",
	"stage2-extended",
	"stage2-responded",
	"hazard-known",
	"investigated",
	"enquired",
	"surveyed",
	NULL,
};

const char *const rd_emergency_names[RD_N_EMERGENCIES + 1] = { "health_safety", "heat_loss", NULL };

static const char *const head_fields[] = { "Landlord", "Full name", "Version", "Nation", "Letters",
	"Handled by", "Help number", "Help address", "Help email", "Help", "Responsible for",
	"Not responsible for", "Large print", "Third party", "Letters in",
	"Responsible for in Welsh", "Not responsible for in Welsh", "Made from", "Closed on",
	"Closures lengthen", "Note", NULL };
static const char *const head_repeated[] = { "Help", "Responsible for", "Not responsible for",
	"Closed on", "Note", NULL };
static const char *const ombudsman_fields[] = { "Ombudsman", "Phone", "Post", "Web", "Welsh name",
	"Checked on", NULL };
static const char *const clock_fields[] = { "Clock", "Due", "From", "Source", "Choice", "Note",
	"Extended by", "Approved by", NULL };
static const char *const clock_repeated[] = { "Choice", NULL };
static const char *const emergency_fields[] = { "Emergency", "Text", "Short text", "Number",
	"Checked on", NULL };
static const char *const emergency_repeated[] = { "Text", "Number", NULL };
static const char *const stanza_kinds[] = { "Landlord", "Ombudsman", "Clock", "Emergency", "Stage",
	"Category", "Exclusion", "Route", "Letter", "Report", "Hazard phase",
	"Ombudsman as printed", NULL };

static bool parse_name(const char *const *names, const char *name, int *ret_index)
{
	for (int i = 0; names[i] != NULL; i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		*ret_index = i;
		return true;
	}
	return false;
}

bool rd_clock_parse(const char *name, enum rd_clock_id *ret_clock)
{
	int index;

	if (!parse_name(rd_clock_names, name, &index))
		return false;
	*ret_clock = (enum rd_clock_id)index;
	return true;
}

/* A field that must be there and hold something. */
static enum rd_rc need(const struct rd_stanza *stanza, const char *name, const char **ret_value,
	struct rd_err *err)
{
	const struct rd_field *field = rd_stanza_field(stanza, name);

	if (field == NULL)
		return rd_stanza_fail(
			stanza, &stanza->fields[0], err, "`%s:` is missing here; add it", name);
	if (field->value[0] == '\0')
		return rd_stanza_fail(stanza, field, err, "`%s:` says nothing; fill it in", name);
	*ret_value = field->value;
	return RD_OK;
}

static enum rd_rc need_day(const struct rd_stanza *stanza, const char *name,
	struct rd_date *ret_day, struct rd_err *err)
{
	const char *value = "";

	RD_TRY(need(stanza, name, &value, err));
	if (rd_date_parse(value, ret_day, err) != RD_OK)
		return rd_stanza_fail(stanza, rd_stanza_field(stanza, name), err,
			"\"%s\" is no day; write it as 2026-11-22", value);
	return RD_OK;
}

static size_t count_fields(const struct rd_stanza *stanza, const char *name)
{
	size_t n = 0;
	const struct rd_field *field = NULL;

	while ((field = rd_stanza_next(stanza, name, field)) != NULL)
		n++;
	return n;
}

/* The values of a repeated field, in order. */
static const char *const *collect(
	const struct rd_stanza *stanza, const char *name, struct rd_arena *arena, size_t *ret_n)
{
	size_t n = count_fields(stanza, name);
	const char **values = rd_arena_array(arena, n + 1, sizeof *values);
	const struct rd_field *field = NULL;

	if (values == NULL)
		return NULL; /* the caller looks at rd_arena_overflowed at the end */
	for (size_t i = 0; i < n; i++) {
		field = rd_stanza_next(stanza, name, field);
		values[i] = rd_arena_strdup(arena, field->value);
	}
	*ret_n = n;
	return values;
}

/* The same as one string, joined. */
static const char *join(const struct rd_stanza *stanza, const char *name, const char *between,
	struct rd_arena *arena)
{
	const char *all = "";
	const struct rd_field *field = NULL;

	while ((field = rd_stanza_next(stanza, name, field)) != NULL && all != NULL) {
		if (field->value[0] == '\0')
			continue;
		all = rd_arena_printf(
			arena, "%s%s%s", all, all[0] != '\0' ? between : "", field->value);
	}
	return all;
}

static enum rd_rc parse_closures(const struct rd_stanza *stanza, struct rd_arena *arena,
	struct rd_landlord *landlord, struct rd_err *err)
{
	size_t n = count_fields(stanza, "Closed on");
	const struct rd_field *field = NULL;

	if (n > RD_CLOSURES_MAX)
		return rd_stanza_fail(stanza, &stanza->fields[0], err,
			"more than %d lines `Closed on:`", RD_CLOSURES_MAX);
	struct rd_date *days = rd_arena_array(arena, n + 1, sizeof *days);
	if (days == NULL)
		return rd_fail(err, RD_E_RANGE, "%s: too large", stanza->file);
	for (size_t i = 0; i < n; i++) {
		field = rd_stanza_next(stanza, "Closed on", field);
		if (rd_date_parse(field->value, &days[i], err) != RD_OK)
			return rd_stanza_fail(stanza, field, err,
				"\"%s\" is no day; write it as 2026-12-29", field->value);
	}
	landlord->closures = days;
	landlord->n_closures = n;
	return RD_OK;
}

static bool name_is_fit(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len < RD_LANDLORD_NAME_MAX &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

/* How letters look, in which languages, and what somebody who speaks for a resident is told. */
static enum rd_rc parse_letters(
	const struct rd_stanza *stanza, struct rd_landlord *landlord, struct rd_err *err)
{
	static const char *const prints[] = { "with every mail", "where asked", NULL };
	static const char *const parties[] = { "copies", "refute", "copies, refute", NULL };
	static const char *const languages[] = { "english", "english, welsh", NULL };
	const struct rd_field *field = rd_stanza_field(stanza, "Large print");
	int choice = 0;

	if (field != NULL)
		RD_TRY(rd_field_choice(stanza, field, prints, &choice, err));
	landlord->large_print_asked = field != NULL && choice == 1;
	field = rd_stanza_field(stanza, "Third party");
	if (field != NULL)
		RD_TRY(rd_field_choice(stanza, field, parties, &choice, err));
	landlord->third_party_copies = field != NULL && choice != 1;
	landlord->third_party_refutes = field != NULL && choice != 0;
	field = rd_stanza_field(stanza, "Letters in");
	if (field != NULL)
		RD_TRY(rd_field_choice(stanza, field, languages, &choice, err));
	landlord->welsh_letters = field != NULL && choice == 1;
	landlord->welsh_responsible = rd_stanza_value(stanza, "Responsible for in Welsh", "");
	landlord->welsh_not_responsible =
		rd_stanza_value(stanza, "Not responsible for in Welsh", "");
	if (!landlord->welsh_letters)
		return RD_OK;
	RD_TRY(need(stanza, "Responsible for in Welsh", &landlord->welsh_responsible, err));
	return need(stanza, "Not responsible for in Welsh", &landlord->welsh_not_responsible, err);
}

static enum rd_rc parse_head(const struct rd_stanza *stanza, const char *name,
	struct rd_arena *arena, struct rd_landlord *landlord, struct rd_err *err)
{
	static const char *const letters[] = { "at once", "approved", NULL };
	static const char *const lengthened[] = { "own clocks", "all clocks", NULL };
	const struct rd_field *field;
	int choice = 0;

	RD_TRY(rd_stanza_check_fields(stanza, head_fields, head_repeated, err));
	RD_TRY(need(stanza, "Landlord", &landlord->name, err));
	field = rd_stanza_field(stanza, "Landlord");
	if (!name_is_fit(landlord->name))
		return rd_stanza_fail(stanza, field, err,
			"a landlord's name has small letters, digits and hyphens only");
	if (name != NULL && strcmp(name, landlord->name) != 0)
		return rd_stanza_fail(stanza, field, err,
			"the file is named %s.landlord, so it must say `Landlord: %s`", name, name);
	RD_TRY(need(stanza, "Full name", &landlord->full_name, err));
	RD_TRY(need(stanza, "Version", &landlord->version, err));
	RD_TRY(need(stanza, "Handled by", &landlord->handled_by, err));
	RD_TRY(need(stanza, "Help number", &landlord->help_number, err));
	RD_TRY(need(stanza, "Help address", &landlord->help_address, err));
	const char *text;
	RD_TRY(need(stanza, "Help", &text, err));
	RD_TRY(need(stanza, "Responsible for", &text, err));
	RD_TRY(need(stanza, "Not responsible for", &text, err));
	RD_TRY(need(stanza, "Nation", &text, err));
	RD_TRY(rd_field_choice(
		stanza, rd_stanza_field(stanza, "Nation"), rd_nation_names, &choice, err));
	landlord->nation = (enum rd_nation)choice;
	field = rd_stanza_field(stanza, "Letters");
	if (field != NULL)
		RD_TRY(rd_field_choice(stanza, field, letters, &choice, err));
	landlord->letters_approved = field != NULL && choice == 1;
	landlord->help_email = rd_stanza_value(stanza, "Help email", "");
	landlord->help = join(stanza, "Help", " ", arena);
	landlord->responsible = join(stanza, "Responsible for", "; ", arena);
	landlord->not_responsible = join(stanza, "Not responsible for", "; ", arena);
	landlord->notes = collect(stanza, "Note", arena, &landlord->n_notes);
	landlord->made_from = rd_stanza_value(stanza, "Made from", "");
	field = rd_stanza_field(stanza, "Closures lengthen");
	if (field != NULL)
		RD_TRY(rd_field_choice(stanza, field, lengthened, &choice, err));
	landlord->closures_lengthen_all = field != NULL && choice == 1;
	RD_TRY(parse_letters(stanza, landlord, err));
	return parse_closures(stanza, arena, landlord, err);
}

enum rd_rc rd_ombudsman_parse(
	const struct rd_stanza *stanza, struct rd_ombudsman *ombudsman, struct rd_err *err)
{
	RD_TRY(rd_stanza_check_fields(stanza, ombudsman_fields, NULL, err));
	RD_TRY(need(stanza, "Ombudsman", &ombudsman->name, err));
	RD_TRY(need(stanza, "Phone", &ombudsman->phone, err));
	RD_TRY(need(stanza, "Post", &ombudsman->post, err));
	RD_TRY(need(stanza, "Web", &ombudsman->web, err));
	ombudsman->welsh_name = rd_stanza_value(stanza, "Welsh name", "");
	ombudsman->file = stanza->file;
	return need_day(stanza, "Checked on", &ombudsman->checked_on, err);
}

/* The name alone: the details stand in the one dated file of all landlords. */
static enum rd_rc parse_ombudsman(
	const struct rd_stanza *stanza, struct rd_ombudsman *ombudsman, struct rd_err *err)
{
	if (ombudsman->name != NULL)
		return rd_stanza_fail(stanza, &stanza->fields[0], err,
			"a second `Ombudsman:` stanza; keep one of them");
	if (stanza->n_fields > 1)
		return rd_ombudsman_parse(stanza, ombudsman, err);
	RD_TRY(need(stanza, "Ombudsman", &ombudsman->name, err));
	ombudsman->phone = ombudsman->post = ombudsman->web = ombudsman->welsh_name = "";
	ombudsman->file = "";
	return RD_OK;
}

/* "5 working days". */
static enum rd_rc parse_length(
	const struct rd_stanza *stanza, struct rd_clock_rule *rule, struct rd_err *err)
{
	static const struct {
		const char *words;
		enum rd_clock_unit unit;
	} units[] = {
		{ "working days", RD_UNIT_WORKING_DAYS },
		{ "working day", RD_UNIT_WORKING_DAYS },
		{ "days", RD_UNIT_DAYS },
		{ "months", RD_UNIT_MONTHS },
		{ "hours", RD_UNIT_HOURS },
	};
	const struct rd_field *field = rd_stanza_field(stanza, "Due");
	const char *p = rule->length_words;
	int n = 0;

	while (*p >= '0' && *p <= '9' && n <= LENGTH_MAX)
		n = n * 10 + (*p++ - '0');
	while (*p == ' ')
		p++;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (strcasecmp(p, units[i].words) != 0)
			continue;
		int max = units[i].unit == RD_UNIT_WORKING_DAYS ? RD_WORKDAYS_MAX : LENGTH_MAX;
		if (n < 1 || n > max)
			return rd_stanza_fail(
				stanza, field, err, "a clock runs 1 to %d %s", max, units[i].words);
		rule->length = n;
		rule->unit = units[i].unit;
		return RD_OK;
	}
	return rd_stanza_fail(stanza, field, err,
		"\"%s\" is no length; write `5 working days`, `28 days`, `12 months` or `24 hours`",
		rule->length_words);
}

static enum rd_rc parse_from(
	const struct rd_stanza *stanza, struct rd_clock_rule *rule, struct rd_err *err)
{
	const struct rd_field *field = rd_stanza_field(stanza, "From");
	int index;

	if (parse_name(rd_event_names, rule->from_words, &index)) {
		rule->from = (enum rd_event)index;
		return RD_OK;
	}
	if (rd_clock_parse(rule->from_words, &rule->from_clock_id)) {
		rule->from_clock = true;
		return RD_OK;
	}
	const char *near = rd_did_you_mean(rule->from_words, rd_event_names);
	if (near == NULL)
		near = rd_did_you_mean(rule->from_words, rd_clock_names);
	if (near != NULL)
		return rd_stanza_fail(stanza, field, err,
			"\"%s\" is neither an event nor a clock; did you mean \"%s\"?",
			rule->from_words, near);
	return rd_stanza_fail(stanza, field, err,
		"\"%s\" is neither an event (received, acknowledged, responded ...) nor a clock",
		rule->from_words);
}

/* Who may extend is a question of an extension alone. */
static enum rd_rc parse_extension(const struct rd_stanza *stanza, enum rd_clock_id clock,
	struct rd_clock_rule *rule, struct rd_err *err)
{
	static const char *const fields[] = { "Extended by", "Approved by" };

	for (size_t i = 0; i < 2; i++) {
		const struct rd_field *field = rd_stanza_field(stanza, fields[i]);
		if (field == NULL)
			continue;
		if (clock != RD_CLOCK_STAGE1_EXTENDED && clock != RD_CLOCK_STAGE2_EXTENDED)
			return rd_stanza_fail(stanza, field, err,
				"`%s:` is for stage1.extended and stage2.extended", fields[i]);
		if (field->value[0] == '\0')
			return rd_stanza_fail(
				stanza, field, err, "`%s:` says nothing; fill it in", fields[i]);
	}
	rule->extended_by = rd_stanza_value(stanza, fields[0], "");
	rule->approved_by = rd_stanza_value(stanza, fields[1], "");
	return RD_OK;
}

static enum rd_rc parse_clock(const struct rd_stanza *stanza, struct rd_arena *arena,
	struct rd_landlord *landlord, struct rd_err *err)
{
	const struct rd_field *field = rd_stanza_field(stanza, "Clock");
	struct rd_clock_rule rule = { 0 };
	int index;

	RD_TRY(rd_stanza_check_fields(stanza, clock_fields, clock_repeated, err));
	RD_TRY(rd_field_choice(stanza, field, rd_clock_names, &index, err));
	enum rd_clock_id clock = (enum rd_clock_id)index;
	if (landlord->clocks[clock].held)
		return rd_stanza_fail(stanza, field, err,
			"the clock %s stands here for the second time; keep one of them",
			rd_clock_names[clock]);
	RD_TRY(need(stanza, "Due", &rule.length_words, err));
	RD_TRY(need(stanza, "From", &rule.from_words, err));
	RD_TRY(need(stanza, "Source", &rule.source, err));
	rule.note = rd_stanza_value(stanza, "Note", "");
	rule.choices = collect(stanza, "Choice", arena, &rule.n_choices);
	RD_TRY(parse_extension(stanza, clock, &rule, err));
	RD_TRY(parse_length(stanza, &rule, err));
	RD_TRY(parse_from(stanza, &rule, err));
	if ((rule.unit == RD_UNIT_HOURS) != (clock == RD_CLOCK_HAZARD_EMERGENCY))
		return rd_stanza_fail(stanza, rd_stanza_field(stanza, "Due"), err,
			"hours are for hazard.emergency, and that clock counts nothing else");
	if ((rule.unit == RD_UNIT_MONTHS) != (clock == RD_CLOCK_AGE_LIMIT))
		return rd_stanza_fail(stanza, rd_stanza_field(stanza, "Due"), err,
			"months are for age_limit, and that clock counts nothing else");
	/* A clock hangs on an earlier one of the list: so no two can hang on each other. */
	if (rule.from_clock && rule.from_clock_id >= clock)
		return rd_stanza_fail(stanza, rd_stanza_field(stanza, "From"), err,
			"%s cannot start from %s, which ends later", rd_clock_names[clock],
			rule.from_words);
	if (clock == RD_CLOCK_AGE_LIMIT && (rule.from_clock || rule.from != RD_EVENT_RECEIVED))
		return rd_stanza_fail(stanza, rd_stanza_field(stanza, "From"), err,
			"age_limit counts back from receipt: write `From: received`");
	if (clock == RD_CLOCK_HAZARD_EMERGENCY &&
		(rule.from_clock || rule.from != RD_EVENT_HAZARD_KNOWN))
		return rd_stanza_fail(stanza, rd_stanza_field(stanza, "From"), err,
			"hazard.emergency counts from awareness: write `From: hazard-known`");
	rule.held = true;
	landlord->clocks[clock] = rule;
	return RD_OK;
}

static enum rd_rc parse_emergency(const struct rd_stanza *stanza, struct rd_arena *arena,
	struct rd_landlord *landlord, struct rd_err *err)
{
	const struct rd_field *field = rd_stanza_field(stanza, "Emergency");
	struct rd_emergency block = { 0 };
	const char *text;
	int kind;

	RD_TRY(rd_stanza_check_fields(stanza, emergency_fields, emergency_repeated, err));
	RD_TRY(rd_field_choice(stanza, field, rd_emergency_names, &kind, err));
	if (landlord->emergency[kind].held)
		return rd_stanza_fail(stanza, field, err, "a second block for %s; keep one of them",
			rd_emergency_names[kind]);
	RD_TRY(need(stanza, "Text", &text, err));
	RD_TRY(need(stanza, "Number", &text, err));
	RD_TRY(need(stanza, "Short text", &block.short_text, err));
	RD_TRY(need_day(stanza, "Checked on", &block.checked_on, err));
	block.text = join(stanza, "Text", "\n", arena);
	block.numbers = collect(stanza, "Number", arena, &block.n_numbers);
	struct rd_sms_size size = rd_sms_size(block.short_text, strlen(block.short_text));
	if (!size.gsm7 || size.units > RD_EMERGENCY_SHORT_MAX)
		return rd_stanza_fail(stanza, rd_stanza_field(stanza, "Short text"), err,
			"`Short text:` has %u units; it needs plain characters and at most %d of "
			"them",
			size.units, RD_EMERGENCY_SHORT_MAX);
	block.held = true;
	landlord->emergency[kind] = block;
	return RD_OK;
}

bool rd_clock_is_hazard(enum rd_clock_id clock)
{
	return clock == RD_CLOCK_HAZARD_EMERGENCY || clock == RD_CLOCK_HAZARD_INVESTIGATE ||
	       clock == RD_CLOCK_HAZARD_SUMMARY || clock == RD_CLOCK_HAZARD_MAKE_SAFE;
}

bool rd_clock_is_statutory(enum rd_clock_id clock)
{
	return rd_clock_is_hazard(clock) || clock == RD_CLOCK_STAGE1_ACKNOWLEDGE ||
	       clock == RD_CLOCK_STAGE1_DEFINE || clock == RD_CLOCK_STAGE1_RESPOND ||
	       clock == RD_CLOCK_STAGE1_EXTENDED || clock == RD_CLOCK_STAGE2_ACKNOWLEDGE ||
	       clock == RD_CLOCK_STAGE2_RESPOND || clock == RD_CLOCK_STAGE2_EXTENDED ||
	       clock == RD_CLOCK_AGE_LIMIT;
}

const struct rd_provision *rd_landlord_provision(
	const struct rd_landlord *landlord, enum rd_provision_kind kind, const char *name)
{
	return rd_provision_find(landlord->provisions, landlord->n_provisions, kind, name);
}

/* How many phases the profile names, and how many of them are on and name the flag (NULL: are on).
 */
static void count_phases(
	const struct rd_landlord *landlord, const char *flag, size_t *ret_named, size_t *ret_on)
{
	*ret_named = *ret_on = 0;
	for (size_t i = 0; i < landlord->n_provisions; i++) {
		const struct rd_provision *phase = &landlord->provisions[i];
		if (phase->kind != RD_PROVISION_HAZARD)
			continue;
		++*ret_named;
		if (strcasecmp(rd_stanza_value(phase->stanza, "Switch", ""), "on") == 0 &&
			(flag == NULL || rd_provision_has(phase, "Flag", flag)))
			++*ret_on;
	}
}

bool rd_hazard_clock_runs(
	const struct rd_landlord *landlord, enum rd_clock_id clock, enum rd_flag flag)
{
	const bool emergency = clock == RD_CLOCK_HAZARD_EMERGENCY;
	size_t n_named, n_on;

	if (!rd_clock_is_hazard(clock) || !landlord->clocks[clock].held)
		return false;
	count_phases(landlord, emergency ? NULL : rd_flag_names[flag], &n_named, &n_on);
	return n_named == 0 || n_on > 0;
}

/* With every phase off the hazard clocks stand in the file, but do not run. */
static void switch_hazards(struct rd_landlord *landlord)
{
	size_t n_named, n_on;

	count_phases(landlord, NULL, &n_named, &n_on);
	if (n_named == 0 || n_on > 0)
		return;
	for (int clock = 0; clock < RD_N_CLOCKS; clock++)
		if (rd_clock_is_hazard((enum rd_clock_id)clock) && landlord->clocks[clock].held) {
			landlord->clocks[clock].held = false;
			landlord->clocks[clock].switched_off = true;
		}
}

/* What holds between stanzas. */
static enum rd_rc check_whole(
	const char *file, const struct rd_landlord *landlord, struct rd_err *err)
{
	static const enum rd_clock_id needed[] = { RD_CLOCK_STAGE1_ACKNOWLEDGE,
		RD_CLOCK_STAGE1_DEFINE, RD_CLOCK_STAGE1_RESPOND };

	if (landlord->ombudsman.name == NULL)
		return rd_fail(err, RD_E_INPUT,
			"%s:1:1: no `Ombudsman:` stanza; every letter must name the Ombudsman",
			file);
	for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
		const struct rd_clock_rule *rule = &landlord->clocks[needed[i]];
		if (!rule->held)
			return rd_fail(err, RD_E_INPUT, "%s:1:1: no `Clock: %s`; add its stanza",
				file, rd_clock_names[needed[i]]);
		if (rule->unit != RD_UNIT_WORKING_DAYS)
			return rd_fail(err, RD_E_INPUT, "%s:1:1: %s counts working days", file,
				rd_clock_names[needed[i]]);
	}
	const struct rd_clock_rule *acknowledge = &landlord->clocks[RD_CLOCK_STAGE1_ACKNOWLEDGE];
	const struct rd_clock_rule *define = &landlord->clocks[RD_CLOCK_STAGE1_DEFINE];
	if (acknowledge->from_clock || acknowledge->from != RD_EVENT_RECEIVED)
		return rd_fail(err, RD_E_INPUT,
			"%s:1:1: stage1.acknowledge starts `From: received` (Code 6.2)", file);
	if (define->from_clock || define->from != acknowledge->from ||
		define->length != acknowledge->length)
		return rd_fail(err, RD_E_INPUT,
			"%s:1:1: stage1.define has the same due date as stage1.acknowledge (Code "
			"6.2)",
			file);
	return RD_OK;
}

static enum rd_rc no_such_stanza(const struct rd_stanza *stanza, struct rd_err *err)
{
	const struct rd_field *first = &stanza->fields[0];
	const char *near = rd_did_you_mean(first->name, stanza_kinds);

	if (near != NULL)
		return rd_fail(err, RD_E_INPUT,
			"%s:%d:%d: a stanza cannot begin with `%s:`; did you mean `%s:`?",
			stanza->file, first->line, first->name_column, first->name, near);
	return rd_fail(err, RD_E_INPUT,
		"%s:%d:%d: a stanza cannot begin with `%s:`; it begins with `Ombudsman:`, "
		"`Clock:`, `Emergency:`, `Stage:`, `Category:`, `Exclusion:`, `Route:`, `Letter:`, "
		"`Report:`, `Hazard phase:` or `Ombudsman as printed:`",
		stanza->file, first->line, first->name_column, first->name);
}

/* provisions: has room for one more. */
static enum rd_rc parse_stanza(const struct rd_stanza *stanza, struct rd_arena *arena,
	struct rd_landlord *landlord, struct rd_provision *provisions, struct rd_err *err)
{
	const char *name = stanza->fields[0].name;
	enum rd_provision_kind kind;

	if (strcasecmp(name, "Ombudsman") == 0)
		return parse_ombudsman(stanza, &landlord->ombudsman, err);
	if (strcasecmp(name, "Clock") == 0)
		return parse_clock(stanza, arena, landlord, err);
	if (strcasecmp(name, "Emergency") == 0)
		return parse_emergency(stanza, arena, landlord, err);
	if (!rd_provision_begins(stanza, &kind))
		return no_such_stanza(stanza, err);
	RD_TRY(rd_provision_parse(stanza, kind, provisions, landlord->n_provisions,
		&provisions[landlord->n_provisions], err));
	landlord->n_provisions++;
	return RD_OK;
}

enum rd_rc rd_landlord_parse(const char *file, const char *text, size_t len, const char *name,
	struct rd_arena *arena, struct rd_landlord *ret_landlord, struct rd_err *err)
{
	struct rd_landlord landlord = { 0 };
	struct rd_stanzas stanzas;

	RD_TRY(rd_stanzas_parse(file, text, len, arena, &stanzas, err));
	if (stanzas.n_items == 0 || strcasecmp(stanzas.items[0].fields[0].name, "Landlord") != 0)
		return rd_fail(err, RD_E_INPUT,
			"%s:1:1: a landlord's file begins with `Landlord: NAME`", file);
	RD_TRY(parse_head(&stanzas.items[0], name, arena, &landlord, err));
	struct rd_provision *provisions =
		rd_arena_array(arena, stanzas.n_items, sizeof *provisions);
	if (provisions == NULL || stanzas.n_items > RD_PROVISIONS_MAX)
		return rd_fail(err, RD_E_RANGE, "%s: too large; a profile has at most %d stanzas",
			file, RD_PROVISIONS_MAX);
	landlord.provisions = provisions;
	for (size_t i = 1; i < stanzas.n_items; i++)
		RD_TRY(parse_stanza(&stanzas.items[i], arena, &landlord, provisions, err));
	switch_hazards(&landlord);
	RD_TRY(check_whole(file, &landlord, err));
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "%s: too large", file);
	*ret_landlord = landlord;
	return RD_OK;
}
