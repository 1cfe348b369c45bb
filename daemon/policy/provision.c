#include "redress/policy/provision.h"

#include <string.h>
#include <strings.h>
#include "redress/rules/kind.h"

const char *const rd_provision_names[RD_N_PROVISIONS + 1] = { "Stage", "Category", "Exclusion",
	"Route", "Letter", "Report", "Hazard phase", "Ombudsman as printed", NULL };

const char *const rd_policy_stage_names[] = { "feedback", "feedback-investigation", "stage1",
	"stage2", NULL };

const char *const rd_policy_letter_names[] = { "acknowledgement", "stage1-response",
	"stage2-response", "extension", "refusal", "restriction", "closing", NULL };

/* The flags by the names of the interface; then what people and marks tell, not rules alone. */
const char *const rd_route_names[] = { "health_safety", "personal_injury", "safeguarding",
	"vulnerable", "legal", "mp_councillor", "petition", "advocate", "stage2_request",
	"damp_mould", "heat_loss", "over_12_months", "anonymous", "abusive", "asks_not_formal",
	"building-safety", "theft", "staff-conduct", "senior-staff-conduct",
	"complaints-manager-conduct", "chief-executive", "compensation", "stage2-review",
	"new-issue", "social-media", "repeated-failure", NULL };

static const char *const stage_fields[] = { "Stage", "Called", "Answered by", "Reviewer", "Begins",
	"Before answering", "Source", "Choice", NULL };
static const char *const category_fields[] = { "Category", "Kind", "Handled", "Source", "Choice",
	NULL };
static const char *const exclusion_fields[] = { "Exclusion", "Says", "Unless", "Decided by",
	"Source", "Choice", NULL };
static const char *const route_fields[] = { "Route", "To", "When", "Does", "Mark", "Topic", "About",
	"Source", "Choice", NULL };
static const char *const letter_fields[] = { "Letter", "Must say", "Source", "Choice", NULL };
static const char *const report_fields[] = { "Report", "To", "By", "Holds", "Source", "Choice",
	NULL };
static const char *const hazard_fields[] = { "Hazard phase", "Switch", "Covers", "Flag", "Source",
	"Choice", NULL };
static const char *const printed_fields[] = { "Ombudsman as printed", "Phone", "Post", "Web",
	"Email", "Fax", "Others", "Source", "Choice", NULL };

static const char *const phases[] = { "1", "2", "3", NULL };
static const char *const switches[] = { "on", "off", NULL };
static const char *const times[] = { "at once", "with the case", NULL };
static const char *const repeated[] = { "Begins", "Before answering", "Handled", "Unless", "To",
	"Does", "Mark", "Topic", "About", "Must say", "Holds", "Covers", "Flag", "Others", "Choice",
	NULL };

static const struct form {
	const char *const *fields;
	const char *needed[3];	  /* besides `Source:`; NULL-ended */
	const char *const *names; /* what the first field may say; NULL: a name of one's own */
	const char *chosen;	  /* a field that says one of `choices`, or NULL */
	const char *const *choices;
} forms[RD_N_PROVISIONS] = {
	[RD_PROVISION_STAGE] = { stage_fields, { "Called", "Answered by", NULL },
		rd_policy_stage_names, NULL, NULL },
	[RD_PROVISION_CATEGORY] = { category_fields, { "Kind", "Handled", NULL }, NULL, "Kind",
		rd_kind_names },
	[RD_PROVISION_EXCLUSION] = { exclusion_fields, { "Says", NULL, NULL }, NULL, NULL, NULL },
	[RD_PROVISION_ROUTE] = { route_fields, { "To", NULL, NULL }, rd_route_names, "When",
		times },
	[RD_PROVISION_LETTER] = { letter_fields, { "Must say", NULL, NULL }, rd_policy_letter_names,
		NULL, NULL },
	[RD_PROVISION_REPORT] = { report_fields, { "To", "Holds", NULL }, NULL, NULL, NULL },
	[RD_PROVISION_HAZARD] = { hazard_fields, { "Switch", "Covers", NULL }, phases, "Switch",
		switches },
	[RD_PROVISION_PRINTED] = { printed_fields, { NULL, NULL, NULL }, NULL, NULL, NULL },
};

bool rd_provision_begins(const struct rd_stanza *stanza, enum rd_provision_kind *ret_kind)
{
	for (int kind = 0; kind < RD_N_PROVISIONS; kind++) {
		if (strcasecmp(stanza->fields[0].name, rd_provision_names[kind]) != 0)
			continue;
		*ret_kind = (enum rd_provision_kind)kind;
		return true;
	}
	return false;
}

static enum rd_rc need(const struct rd_stanza *stanza, const char *name, struct rd_err *err)
{
	const struct rd_field *field = rd_stanza_field(stanza, name);

	if (field == NULL)
		return rd_stanza_fail(
			stanza, &stanza->fields[0], err, "`%s:` is missing here; add it", name);
	return RD_OK;
}

static enum rd_rc check_filled(const struct rd_stanza *stanza, struct rd_err *err)
{
	for (size_t i = 0; i < stanza->n_fields; i++)
		if (stanza->fields[i].value[0] == '\0')
			return rd_stanza_fail(stanza, &stanza->fields[i], err,
				"`%s:` says nothing; fill it in, or delete the line",
				stanza->fields[i].name);
	return RD_OK;
}

/* The name as the house writes it: one of the form's names, or the file's own. */
static enum rd_rc read_name(const struct rd_stanza *stanza, enum rd_provision_kind kind,
	const char **ret_name, struct rd_err *err)
{
	const struct rd_field *field = &stanza->fields[0];
	const size_t len = strlen(field->value);
	int index;

	*ret_name = field->value;
	if (kind == RD_PROVISION_PRINTED)
		return RD_OK;
	if (forms[kind].names != NULL) {
		RD_TRY(rd_field_choice(stanza, field, forms[kind].names, &index, err));
		*ret_name = forms[kind].names[index];
		return RD_OK;
	}
	if (len < RD_PROVISION_NAME_MAX &&
		strspn(field->value, "abcdefghijklmnopqrstuvwxyz0123456789-") == len)
		return RD_OK;
	return rd_stanza_fail(stanza, field, err,
		"a name here has small letters, digits and hyphens only, such as "
		"`over-12-months`, and at most %d of them",
		RD_PROVISION_NAME_MAX - 1);
}

/* The Ombudsman is printed once, whatever it is called. */
static enum rd_rc check_first(const struct rd_stanza *stanza, enum rd_provision_kind kind,
	const char *name, const struct rd_provision *earlier, size_t n_earlier, struct rd_err *err)
{
	for (size_t i = 0; i < n_earlier; i++) {
		if (earlier[i].kind != kind ||
			(kind != RD_PROVISION_PRINTED && strcmp(earlier[i].name, name) != 0))
			continue;
		return rd_stanza_fail(stanza, &stanza->fields[0], err,
			"`%s: %s` stands here for the second time; keep one of them",
			rd_provision_names[kind], name);
	}
	return RD_OK;
}

static enum rd_rc check_flags(const struct rd_stanza *stanza, struct rd_err *err)
{
	const struct rd_field *field = NULL;
	int unused;

	while ((field = rd_stanza_next(stanza, "Flag", field)) != NULL)
		RD_TRY(rd_field_choice(stanza, field, rd_flag_names, &unused, err));
	return RD_OK;
}

enum rd_rc rd_provision_parse(const struct rd_stanza *stanza, enum rd_provision_kind kind,
	const struct rd_provision *earlier, size_t n_earlier, struct rd_provision *ret_provision,
	struct rd_err *err)
{
	const struct form *form = &forms[kind];
	const char *name = "";
	int unused;

	RD_TRY(rd_stanza_check_fields(stanza, form->fields, repeated, err));
	RD_TRY(check_filled(stanza, err));
	for (size_t i = 0; form->needed[i] != NULL; i++)
		RD_TRY(need(stanza, form->needed[i], err));
	RD_TRY(need(stanza, "Source", err));
	RD_TRY(read_name(stanza, kind, &name, err));
	RD_TRY(check_first(stanza, kind, name, earlier, n_earlier, err));
	if (form->chosen != NULL && rd_stanza_field(stanza, form->chosen) != NULL)
		RD_TRY(rd_field_choice(stanza, rd_stanza_field(stanza, form->chosen), form->choices,
			&unused, err));
	RD_TRY(check_flags(stanza, err));
	*ret_provision = (struct rd_provision){ .kind = kind,
		.name = name,
		.source = rd_stanza_value(stanza, "Source", ""),
		.stanza = stanza };
	return RD_OK;
}

const struct rd_provision *rd_provision_find(const struct rd_provision *provisions, size_t n,
	enum rd_provision_kind kind, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (provisions[i].kind == kind && strcmp(provisions[i].name, name) == 0)
			return &provisions[i];
	return NULL;
}

const char *const *rd_provision_fields(enum rd_provision_kind kind)
{
	return forms[kind].fields;
}

bool rd_provision_repeats(const char *field)
{
	for (size_t i = 0; repeated[i] != NULL; i++)
		if (strcmp(repeated[i], field) == 0)
			return true;
	return false;
}

bool rd_provision_has(const struct rd_provision *provision, const char *field, const char *value)
{
	const struct rd_field *at = NULL;

	while ((at = rd_stanza_next(provision->stanza, field, at)) != NULL)
		if (strcmp(at->value, value) == 0)
			return true;
	return false;
}
