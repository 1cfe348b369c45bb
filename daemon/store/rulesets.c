#include "redress/store/rulesets.h"

#include <stdio.h>
#include <string.h>
#include "redress/store/sql.h"

enum rd_rc rd_rulesets_put(
	struct rd_tx *tx, const struct rd_rulefiles *files, int64_t now_ms, struct rd_err *err)
{
	int64_t inserted = 0;

	RD_TRY(rd_sql_change(tx,
		"INSERT INTO ruleset (sha256, stored_ms) VALUES (?1, ?2)"
		" ON CONFLICT (sha256) DO NOTHING",
		RD_ARGS(rd_text(files->sha256), rd_int(now_ms)), &inserted, err));
	/* The name says what is in it: a set that is there is there whole. */
	for (size_t i = 0; inserted && i < files->n_items; i++)
		RD_TRY(rd_sql_change(tx,
			"INSERT INTO ruleset_file (sha256, name, bytes) VALUES (?1, ?2, ?3)",
			RD_ARGS(rd_text(files->sha256), rd_text(files->items[i].name),
				rd_blob(files->items[i].bytes, files->items[i].len)),
			NULL, err));
	return RD_OK;
}

static enum rd_rc read_file(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	struct rd_rulefile *file = item;
	size_t len = 0;

	(void)err;
	const void *bytes = rd_rows_blob(rows, 1, &len);
	file->name = rd_rows_text(rows, 0, arena);
	file->bytes = rd_arena_copy(arena, bytes, len);
	file->len = len;
	return RD_OK;
}

enum rd_rc rd_rulesets_get(struct rd_db *db, const char *sha256, struct rd_arena *arena,
	struct rd_rulefiles *ret_files, struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_rulefile) };
	struct rd_rulefiles files = { 0 };
	int64_t exists = 0;

	RD_TRY(rd_sql_int(db, "SELECT 1 FROM ruleset WHERE sha256 = ?1", RD_ARGS(rd_text(sha256)),
		0, &exists, err));
	if (!exists)
		return rd_fail(err, RD_E_MISSING, "there is no rule set %s in the store", sha256);
	RD_TRY(rd_sql_list(db,
		"SELECT name, bytes FROM ruleset_file WHERE sha256 = ?1 ORDER BY name",
		RD_ARGS(rd_text(sha256)), read_file, arena, &list, err));
	RD_TRY(rd_rulefiles_take(list.items, list.n, &files, err));
	if (strcmp(files.sha256, sha256) != 0)
		return rd_fail(err, RD_E_STORE,
			"the rule set %s is damaged in the store; restore a backup", sha256);
	*ret_files = files;
	return RD_OK;
}

#define SHA256_DIGITS 64

enum rd_rc rd_rulesets_find(struct rd_db *db, const char *digits,
	char ret_sha256[RD_RULESET_NAME_MAX], struct rd_err *err)
{
	static const char prefix[] = "sha256:";
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	char name[RD_RULESET_NAME_MAX], found[RD_RULESET_NAME_MAX] = "";
	const char *bare = strncmp(digits, prefix, sizeof prefix - 1) == 0
				   ? digits + sizeof prefix - 1
				   : digits;
	const size_t len = strlen(bare);

	if (len < RD_RULESET_DIGITS_MIN || len > SHA256_DIGITS ||
		strspn(bare, "0123456789abcdef") != len)
		return rd_fail(err, RD_E_INPUT,
			"`%.80s` is not the beginning of a rule set's SHA-256, %d of its digits or "
			"more; `redressctl rules history` shows them",
			digits, RD_RULESET_DIGITS_MIN);
	snprintf(name, sizeof name, "%s%s", prefix, bare);
	RD_TRY(rd_sql_query(db,
		"SELECT sha256 FROM ruleset WHERE substr(sha256, 1, ?2) = ?1 ORDER BY sha256"
		" LIMIT 2",
		RD_ARGS(rd_text(name), rd_int((int64_t)strlen(name))), &rows, err));
	for (;;) {
		bool more = false;

		RD_TRY(rd_rows_next(&rows, &more, err));
		if (!more)
			break;
		if (*found != '\0')
			return rd_fail(err, RD_E_INPUT,
				"more than one rule set begins with `%.80s`; give more digits",
				bare);
		snprintf(found, sizeof found, "%s", rd_rows_borrow(&rows, 0));
	}
	if (*found == '\0')
		return rd_fail(err, RD_E_MISSING,
			"no rule set in the store begins with `%.80s`; see `redressctl rules "
			"history`",
			bare);
	memcpy(ret_sha256, found, sizeof found);
	return RD_OK;
}

const char *const rd_activation_names[RD_N_ACTIVATIONS + 1] = { "activation", "rollback", "reload",
	"first start", NULL };

enum rd_rc rd_rulesets_activate(
	struct rd_tx *tx, const struct rd_activation *activation, struct rd_err *err)
{
	int64_t inserted = 0;

	RD_TRY(rd_sql_change(tx,
		"INSERT INTO activation (sha256, at_ms, author, author_uid, reason, how,"
		" n_replayed, n_flips, n_lost, lost)"
		" SELECT sha256, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 FROM ruleset"
		" WHERE sha256 = ?1",
		RD_ARGS(rd_text(activation->sha256), rd_int(activation->at_ms),
			rd_text(activation->author), rd_int(activation->author_uid),
			rd_text(activation->reason), rd_text(rd_activation_names[activation->how]),
			rd_int(activation->n_replayed), rd_int(activation->n_flips),
			rd_int(activation->n_lost), rd_text(activation->lost)),
		&inserted, err));
	if (!inserted)
		return rd_fail(err, RD_E_MISSING, "there is no rule set %s in the store",
			activation->sha256);
	return RD_OK;
}

#define ACTIVATIONS                                                                                \
	"SELECT id, sha256, at_ms, author, author_uid, reason, how, n_replayed, n_flips, n_lost,"  \
	" lost FROM activation"

static enum rd_rc read_activation(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	struct rd_activation *activation = item;
	int how = 0;

	RD_TRY(rd_rows_word(rows, 6, rd_activation_names, &how, err));
	*activation = (struct rd_activation){
		.id = rd_rows_int(rows, 0),
		.at_ms = rd_rows_int(rows, 2),
		.how = (enum rd_activation_how)how,
		.author = rd_rows_text(rows, 3, arena),
		.author_uid = rd_rows_int(rows, 4),
		.reason = rd_rows_text(rows, 5, arena),
		.n_replayed = rd_rows_int(rows, 7),
		.n_flips = rd_rows_int(rows, 8),
		.n_lost = rd_rows_int(rows, 9),
		.lost = rd_rows_text(rows, 10, arena),
	};
	snprintf(activation->sha256, sizeof activation->sha256, "%s", rd_rows_borrow(rows, 1));
	return rd_arena_check(arena, err);
}

enum rd_rc rd_rulesets_current(struct rd_db *db, struct rd_arena *arena,
	struct rd_activation *ret_activation, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	bool more = false;

	RD_TRY(rd_sql_query(db, ACTIVATIONS " ORDER BY id DESC LIMIT 1", RD_NO_ARGS, &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	if (!more)
		return rd_fail(err, RD_E_MISSING, "no rule set has been activated yet");
	return read_activation(&rows, arena, ret_activation, err);
}

enum rd_rc rd_rulesets_activation(struct rd_db *db, int64_t id, struct rd_arena *arena,
	struct rd_activation *ret_activation, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	bool more = false;

	RD_TRY(rd_sql_query(db, ACTIVATIONS " WHERE id = ?1", RD_ARGS(rd_int(id)), &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	if (!more)
		return rd_fail(err, RD_E_MISSING,
			"the history of the rules has no number %lld; see `redressctl rules "
			"history`",
			(long long)id);
	return read_activation(&rows, arena, ret_activation, err);
}

enum rd_rc rd_rulesets_history(struct rd_db *db, struct rd_arena *arena,
	struct rd_activation **ret_items, size_t *ret_n, struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_activation) };

	RD_TRY(rd_sql_list(db, ACTIVATIONS " ORDER BY id DESC", RD_NO_ARGS, read_activation, arena,
		&list, err));
	*ret_items = list.items;
	*ret_n = list.n;
	return RD_OK;
}
