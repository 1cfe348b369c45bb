#include "redress/deliver/maildir.h"

#include <stdio.h>
#include <string.h>

#include "redress/base/fault.h"
#include "redress/wire/spool.h"

/* A Message-ID may hold what a file name should not; ours do not but for the @. */
static enum rd_rc file_name(
	const char *message_id, char out[static RD_SPOOL_NAME_BYTES_MAX + 1], struct rd_err *err)
{
	size_t len = strlen(message_id);
	if (len == 0 || len > RD_SPOOL_NAME_BYTES_MAX)
		return rd_fail(err, RD_E_INPUT, "the letter's Message-ID cannot be a file's name");
	for (size_t i = 0; i <= len; i++)
		out[i] = message_id[i] == '@' ? '_' : message_id[i];
	if (!rd_spool_name_good(out))
		return rd_fail(err, RD_E_INPUT, "the letter's Message-ID cannot be a file's name");
	return RD_OK;
}

static enum rd_rc folder(const char *path, const char *name,
	char out[static RD_SPOOL_PATH_BYTES_MAX], struct rd_err *err)
{
	int len = snprintf(out, RD_SPOOL_PATH_BYTES_MAX, "%s/%s", path, name);
	if (len >= RD_SPOOL_PATH_BYTES_MAX)
		return rd_fail(err, RD_E_RANGE, "%s: the path is too long", path);
	return rd_spool_make_dir(out, err);
}

enum rd_rc rd_maildir_has(
	const char *path, const char *message_id, bool *ret_has, struct rd_err *err)
{
	char name[RD_SPOOL_NAME_BYTES_MAX + 1];
	char dir[RD_SPOOL_PATH_BYTES_MAX];
	bool has = false;
	RD_TRY(file_name(message_id, name, err));
	RD_TRY(folder(path, "new", dir, err));
	RD_TRY(rd_spool_has(dir, name, &has, err));
	if (!has) {
		RD_TRY(folder(path, "cur", dir, err));
		RD_TRY(rd_spool_has(dir, name, &has, err));
	}
	*ret_has = has;
	return RD_OK;
}

static enum rd_rc put(const char *path, const char *message_id, const char *mail, size_t len,
	const struct rd_deliver_calls *calls, struct rd_err *err)
{
	char name[RD_SPOOL_NAME_BYTES_MAX + 1];
	char new_dir[RD_SPOOL_PATH_BYTES_MAX];
	char tmp_dir[RD_SPOOL_PATH_BYTES_MAX];
	bool has;
	RD_TRY(file_name(message_id, name, err));
	RD_TRY(folder(path, "tmp", tmp_dir, err));
	RD_TRY(rd_maildir_has(path, message_id, &has, err));
	RD_TRY(folder(path, "new", new_dir, err));
	RD_TRY(calls->on_wire(calls->context, err));
	if (has)
		return RD_OK;
	rd_fault_point("smtp-data-before");
	enum rd_rc rc = rd_spool_put(new_dir, tmp_dir, name, mail, len, err);
	rd_fault_point("smtp-data-after");
	return rc == RD_E_EXISTS ? RD_OK : rc;
}

void rd_maildir_put(const char *path, const char *message_id, const char *mail, size_t len,
	const struct rd_deliver_calls *calls, struct rd_deliver_result *ret_result)
{
	struct rd_err err = { 0 };
	struct rd_deliver_result result = { .provider_id = "", .body = "" };
	enum rd_rc rc = put(path, message_id, mail, len, calls, &err);
	if (rc == RD_OK) {
		result.outcome = RD_SEND_DONE;
		snprintf(result.response, sizeof result.response, "put into the Maildir");
	} else {
		result.outcome = rc == RD_E_INPUT ? RD_SEND_REFUSED : RD_SEND_AGAIN;
		result.ours = true;
		snprintf(result.response, sizeof result.response, "%s", err.msg);
	}
	*ret_result = result;
}
