/* Who wrote, by a mailbox's configuration: whose Authentication-Results count, and the web forms
 * whose mails are residents'. */
#include "redress/wire/config_fields.h"

#include <string.h>
#include <strings.h>

#include "redress/base/limits.h"

/* Hosts that say by their name who checks senders there. */
static const struct {
	const char *host;
	enum rd_results_of trust;
	const char *server;
} hosts[] = {
	{ "outlook.office365.com", RD_TRUST_TOPMOST, NULL }, /* it leaves its name out */
	{ "imap.gmail.com", RD_TRUST_NAMED, "mx.google.com" },
};

static void guess_trust(const char *host, struct rd_origin *origin, const char **names)
{
	for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
		if (strcasecmp(hosts[i].host, host) != 0)
			continue;
		origin->trust = hosts[i].trust;
		if (hosts[i].server != NULL)
			names[origin->n_trusted++] = hosts[i].server;
	}
}

static enum rd_rc read_trust(const struct rd_reading *r, const char *host, struct rd_origin *origin)
{
	const char **names = rd_arena_array(r->arena, RD_TRUSTED_MAX, sizeof *names);
	const struct rd_field *field = NULL;
	size_t n = 0;

	origin->trusted = names;
	if (rd_stanza_field(r->stanza, "Trust results of") == NULL)
		guess_trust(host, origin, names);
	while ((field = rd_stanza_next(r->stanza, "Trust results of", field)) != NULL) {
		const bool topmost = strcmp(field->value, "topmost") == 0;
		const bool nobody = strcmp(field->value, "nobody") == 0;

		if ((topmost || nobody || origin->trust == RD_TRUST_TOPMOST ||
			    origin->trust == RD_TRUST_NOBODY) &&
			n > 0)
			return rd_stanza_fail(r->stanza, field, r->err,
				"`topmost` and `nobody` stand alone; name servers, or say one of "
				"the two");
		if (field->value[0] == '\0' || strpbrk(field->value, " \t;,()=\"") != NULL)
			return rd_stanza_fail(r->stanza, field, r->err,
				"`%s` is not the name of a mail server; write it as its "
				"Authentication-Results begin, such as `mx.example.org`, one a "
				"line, or `topmost`, or `nobody`",
				field->value);
		if (n++ == RD_TRUSTED_MAX)
			return rd_stanza_fail(
				r->stanza, field, r->err, "more than %d servers", RD_TRUSTED_MAX);
		origin->trust = topmost	 ? RD_TRUST_TOPMOST
				: nobody ? RD_TRUST_NOBODY
					 : RD_TRUST_NAMED;
		if (origin->trust == RD_TRUST_NAMED)
			names[origin->n_trusted++] = field->value;
	}
	return RD_OK;
}

static enum rd_rc read_senders(const struct rd_reading *r, struct rd_origin *origin)
{
	const char **senders = rd_arena_array(r->arena, RD_FORM_SENDERS_MAX, sizeof *senders);
	const struct rd_field *field = NULL;

	origin->form_senders = senders;
	while ((field = rd_stanza_next(r->stanza, "Form sender", field)) != NULL) {
		const char *at = strchr(field->value, '@');

		if (at == NULL || at == field->value || at[1] == '\0' ||
			strpbrk(field->value, " \t<>,;\"") != NULL ||
			strlen(field->value) > RD_ADDRESS_BYTES_MAX)
			return rd_stanza_fail(r->stanza, field, r->err,
				"`%s` is not an e-mail address; write the one that the form's "
				"mails "
				"come from, such as `no-reply@landlord.example`",
				field->value);
		if (origin->n_form_senders == RD_FORM_SENDERS_MAX)
			return rd_stanza_fail(r->stanza, field, r->err, "more than %d forms",
				RD_FORM_SENDERS_MAX);
		senders[origin->n_form_senders++] = field->value;
	}
	return RD_OK;
}

/* "email = Your e-mail address". A colon at the end of the label is the form's, not its name's. */
static enum rd_rc take_label(
	const struct rd_reading *r, const struct rd_field *field, struct rd_form_label *label)
{
	const char *equals = strchr(field->value, '=');
	const char *name = equals;
	size_t len, name_len;

	while (name != NULL && name > field->value && name[-1] == ' ')
		name--;
	name_len = name != NULL ? (size_t)(name - field->value) : 0;
	label->field = RD_N_FORM_PARTS;
	for (int i = 0; i < RD_N_FORM_PARTS && name_len > 0; i++)
		if (strlen(rd_form_part_names[i]) == name_len &&
			strncasecmp(rd_form_part_names[i], field->value, name_len) == 0)
			label->field = (enum rd_form_part)i;
	if (label->field == RD_N_FORM_PARTS)
		return rd_stanza_fail(r->stanza, field, r->err,
			"`%s` does not begin with email, name, phone, address, words or other, and "
			"`=`; write for example `email = Your e-mail address`",
			field->value);
	equals += 1 + strspn(equals + 1, " \t");
	len = strlen(equals);
	while (len > 0 && (equals[len - 1] == ':' || equals[len - 1] == ' '))
		len--;
	if (len == 0 || len > RD_FORM_LABEL_MAX)
		return rd_stanza_fail(r->stanza, field, r->err,
			"the label is what stands before the answer in the form's mail, 1 to %d "
			"bytes, such as `Your e-mail address`",
			RD_FORM_LABEL_MAX);
	label->label = rd_arena_copy(r->arena, equals, len);
	return RD_OK;
}

static enum rd_rc read_labels(const struct rd_reading *r, struct rd_origin *origin)
{
	struct rd_form_label *labels = rd_arena_array(r->arena, RD_FORM_LABELS_MAX, sizeof *labels);
	const struct rd_field *field = NULL;
	bool words = false;

	origin->form_labels = labels;
	while ((field = rd_stanza_next(r->stanza, "Form field", field)) != NULL) {
		struct rd_form_label label = { 0 };

		RD_TRY(take_label(r, field, &label));
		for (size_t i = 0; i < origin->n_form_labels; i++)
			if (strcasecmp(labels[i].label, label.label) == 0)
				return rd_stanza_fail(r->stanza, field, r->err,
					"a second field with the label `%s`", label.label);
		if (origin->n_form_labels == RD_FORM_LABELS_MAX)
			return rd_stanza_fail(r->stanza, field, r->err, "more than %d fields",
				RD_FORM_LABELS_MAX);
		labels[origin->n_form_labels++] = label;
		words = words || label.field == RD_PART_WORDS;
	}
	if (origin->n_form_senders > 0 && !words)
		return rd_stanza_fail(r->stanza, rd_stanza_field(r->stanza, "Form sender"), r->err,
			"a form needs a line that says where the resident's words are; add for "
			"example `Form field: words = Your message`");
	if (origin->n_form_senders == 0 && origin->n_form_labels > 0)
		return rd_stanza_fail(r->stanza, rd_stanza_field(r->stanza, "Form field"), r->err,
			"no form is named; add the address that its mails come from: `Form sender: "
			"no-reply@landlord.example`");
	return RD_OK;
}

enum rd_rc rd_config_origin(const struct rd_reading *r, const char *host, struct rd_origin *origin)
{
	RD_TRY(read_trust(r, host, origin));
	RD_TRY(read_senders(r, origin));
	return read_labels(r, origin);
}

const struct rd_origin *rd_config_origin_of(const struct rd_config *config, const char *mailbox)
{
	for (size_t i = 0; i < config->n_mailboxes; i++)
		if (strcmp(config->mailboxes[i].name, mailbox) == 0)
			return &config->mailboxes[i].origin;
	return NULL;
}
