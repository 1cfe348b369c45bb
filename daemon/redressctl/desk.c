#include "desk.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "redress/store/casebook.h"

enum rd_rc rd_ctl_actor(const struct rd_ctl *ctl, struct rd_actor *ret_actor, struct rd_err *err)
{
	const struct passwd *entry;

	ret_actor->uid = (int64_t)getuid();
	ret_actor->name = ctl->by;
	if (ret_actor->name == NULL || ret_actor->name[0] == '\0') {
		entry = getpwuid(getuid());
		ret_actor->name = entry != NULL ? entry->pw_name : NULL;
	}
	if (ret_actor->name == NULL)
		return rd_fail(err, RD_E_INPUT, "who acts? Say so with --by NAME");
	return RD_OK;
}

static const char *config_path(const struct rd_ctl *ctl)
{
	return ctl->config != NULL ? ctl->config : RD_CTL_CONFIG;
}

static enum rd_rc read_config(
	const struct rd_ctl *ctl, struct rd_ctl_desk *desk, struct rd_err *err)
{
	const char *path = config_path(ctl);
	const enum rd_rc rc = rd_config_read(path, &desk->config, err);

	if (rc == RD_OK || access(path, R_OK) == 0)
		return rc;
	if (errno == ENOENT)
		return rd_fail(
			err, rc, "%s: there is no such file; name it with `--config FILE`", path);
	if (errno == EACCES)
		return rd_fail(err, rc,
			"%s: you may not read it; put `sudo -u redress` before the command", path);
	return rc;
}

enum rd_rc rd_ctl_open_store(
	const struct rd_ctl *ctl, bool create, struct rd_ctl_desk *desk, struct rd_err *err)
{
	struct rd_store_options options = { .create = create };

	desk->arena = rd_arena_new(RD_CTL_ARENA_BYTES);
	RD_TRY(read_config(ctl, desk, err));
	options.path = desk->config->state;
	return rd_store_open(&options, &desk->store, err);
}

enum rd_rc rd_ctl_open(const struct rd_ctl *ctl, struct rd_ctl_desk *desk, struct rd_err *err)
{
	struct rd_actor actor;
	enum rd_rc rc;

	RD_TRY(rd_ctl_actor(ctl, &actor, err));
	RD_TRY(rd_ctl_open_store(ctl, false, desk, err));
	rc = rd_desk_open(&desk->desk, desk->store, desk->config, &rd_system_clock, &actor, err);
	if (rc == RD_E_MISSING)
		return rd_fail_within(err, "%s", desk->config->state);
	return rc;
}

void rd_ctl_close(struct rd_ctl_desk *desk)
{
	rd_desk_close(&desk->desk);
	rd_store_close(desk->store);
	rd_config_free(desk->config);
	rd_arena_free(desk->arena);
}

enum rd_rc rd_ctl_case(
	struct rd_ctl_desk *desk, const char *reference, int64_t *ret_case, struct rd_err *err)
{
	return rd_case_by_reference(desk->desk.db, reference, true, ret_case, err);
}

const char *rd_ctl_reference(struct rd_ctl_desk *desk, int64_t case_id)
{
	char *out = rd_arena_alloc(desk->arena, RD_REFERENCE_MAX);

	RD_ASSERT(out != NULL);
	rd_reference_format(case_id, rd_store_key(desk->store, RD_KEY_REFERENCE), out);
	return out;
}

const char *rd_ctl_in_one_line(struct rd_ctl_desk *desk, const char *lines)
{
	const char *joined = "";

	while (*lines != '\0') {
		int len = (int)strcspn(lines, "\n");
		if (len > 0)
			joined = rd_arena_printf(desk->arena, "%s%s%.*s", joined,
				joined[0] != '\0' ? "; " : "", len, lines);
		RD_ASSERT(joined != NULL);
		lines += len + (lines[len] == '\n');
	}
	return joined;
}

bool rd_ctl_number_of_days(const char *text, int max, int *ret_days)
{
	char *end = NULL;

	errno = 0;
	const long n = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || n < 1 || n > max) {
		rd_ctl_complain("`%s` is not a number of days, 1 to %d", text, max);
		return false;
	}
	*ret_days = (int)n;
	return true;
}

enum rd_rc rd_ctl_row(const char *text, int64_t *ret_row, struct rd_err *err)
{
	char *end = NULL;
	long long row;

	errno = 0;
	row = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || row < 1)
		return rd_fail(err, RD_E_INPUT,
			"`%s` is not a row number; the list that you took it from shows it", text);
	*ret_row = row;
	return RD_OK;
}
