#include "redress/intake/imap_try.h"

#include <stdio.h>
#include <string.h>

#include "redress/intake/imap_connect.h"
#include "redress/intake/imap_session.h"

/* One mailbox being tried. */
struct trial {
	const struct rd_mailbox_config *config;
	struct rd_arena *arena;
	struct rd_imap *imap;
	struct rd_imap_folder folder;
	struct rd_provider_findings *faults, *notes;
};

static enum rd_rc log_in(struct trial *t, const struct rd_trust *trust, struct rd_err *err)
{
	const struct rd_imap_way way = { .config = t->config, .trust = trust, .wake_fd = -1 };
	struct rd_stream *stream = NULL;
	struct rd_imap_abilities abilities = { 0 };
	char server[300];
	RD_TRY(rd_imap_connect(&way, &stream, &abilities, err));
	snprintf(server, sizeof server, "%s port %d", t->config->host, t->config->port);
	return rd_imap_new(stream, &abilities, server, &t->imap, err);
}

/* A refusal may be of a folder that is not there, or of one that this user may not open. */
static enum rd_rc open_folder(struct trial *t, struct rd_err *err)
{
	struct rd_err unasked = { 0 };
	bool there = true;
	enum rd_rc rc = rd_imap_select(t->imap, t->config->folder, &t->folder, err);
	if (rc != RD_E_REFUSED ||
		rd_imap_has_folder(t->imap, t->config->folder, &there, &unasked) != RD_OK)
		return rc;
	if (!there)
		return rd_fail(err, RD_E_REFUSED,
			"the login works, but there is no folder `%.200s` in this mailbox; check "
			"`Folder:` (upper and lower case count)",
			t->config->folder);
	return rd_fail(err, RD_E_REFUSED,
		"the login works, but %.80s may not open the folder `%.100s`; give it the right to "
		"read it",
		t->config->user, t->config->folder);
}

static void try_keyword(struct trial *t)
{
	const char *word = t->config->afterwards_word;
	if (!rd_imap_keeps_keyword(t->imap, word))
		rd_provider_find(t->faults,
			rd_arena_printf(t->arena,
				"The server keeps no keyword `%s` in this folder, so mails would "
				"be taken in and not be marked. Write `Afterwards: move FOLDER` or "
				"`Afterwards: nothing`.",
				word));
}

static enum rd_rc try_move(struct trial *t, struct rd_err *err)
{
	const char *to = t->config->afterwards_word;
	const struct rd_imap_abilities *can = rd_imap_abilities(t->imap);
	bool there = false;
	if (strcmp(to, t->config->folder) == 0)
		rd_provider_find(t->faults,
			rd_arena_printf(t->arena,
				"`Afterwards:` moves mails to `%s`, where they are already; name "
				"another folder.",
				to));
	else if (!can->move && !can->uidplus)
		rd_provider_find(t->faults,
			"The server can move no mails (it has neither MOVE nor UIDPLUS), so they "
			"would be taken in and stay. Write `Afterwards: keyword WORD` or "
			"`Afterwards: nothing`.");
	RD_TRY(rd_imap_has_folder(t->imap, to, &there, err));
	if (!there)
		rd_provider_find(t->notes,
			rd_arena_printf(t->arena,
				"There is no folder `%s` for `Afterwards:` yet; redressd makes it "
				"with the first mail. If you meant one that is there, mend its "
				"name.",
				to));
	return RD_OK;
}

static enum rd_rc try_afterwards(struct trial *t, struct rd_err *err)
{
	if (t->config->afterwards == RD_AFTER_NOTHING)
		return RD_OK;
	if (t->folder.read_only) {
		rd_provider_find(t->faults,
			rd_arena_printf(t->arena,
				"%s may only read the folder `%s`, so mails would be taken in and "
				"stay as they are. Give it the right to change mails there, or "
				"write `Afterwards: nothing`.",
				t->config->user, t->config->folder));
		return RD_OK;
	}
	if (t->config->afterwards == RD_AFTER_MOVE)
		return try_move(t, err);
	try_keyword(t);
	return RD_OK;
}

enum rd_rc rd_imap_try(const struct rd_mailbox_config *config, struct rd_arena *arena,
	struct rd_provider_findings *faults, struct rd_provider_findings *notes, struct rd_err *err)
{
	RD_CLEANUP(rd_trust_cleanup) struct rd_trust *trust = NULL;
	struct trial t = { .config = config, .arena = arena, .faults = faults, .notes = notes };
	enum rd_rc rc;
	if (config->security != RD_SECURITY_PLAIN)
		RD_TRY(rd_trust_new(config->ca_file, &trust, err));
	rc = log_in(&t, trust, err);
	if (rc == RD_OK)
		rc = open_folder(&t, err);
	if (rc == RD_OK)
		rc = try_afterwards(&t, err);
	rd_imap_free(t.imap);
	return rc;
}
