/* case pictures: the pictures that came with a case's texts, as files. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "desk.h"
#include "pictures.h"
#include "print.h"
#include "redress/store/casebook.h"
#include "redress/store/text_media.h"
#include "redress/wire/spool.h"

const char *rd_ctl_ending_of(const char *type)
{
	static const struct {
		const char *type, *ending;
	} known[] = { { "image/jpeg", "jpg" }, { "image/png", "png" }, { "image/gif", "gif" },
		{ "image/webp", "webp" }, { "image/heic", "heic" }, { "video/mp4", "mp4" },
		{ "video/3gpp", "3gp" }, { "audio/amr", "amr" }, { "application/pdf", "pdf" } };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strncmp(type, known[i].type, strlen(known[i].type)) == 0)
			return known[i].ending;
	return "bin";
}

/* What became of one: "written", "there already", "not fetched yet", "could not be fetched". */
static enum rd_rc write_one(struct rd_ctl_desk *desk, const struct rd_text_media *media,
	const char *dir, const char *name, const char **ret_what, struct rd_err *err)
{
	const struct rd_arena_mark mark = rd_arena_mark(desk->arena);
	const void *bytes;
	size_t len;
	enum rd_rc rc;

	if (strcmp(media->state, "kept") != 0) {
		*ret_what = strcmp(media->state, "due") == 0 ? "not fetched yet"
							     : "could not be fetched";
		return RD_OK;
	}
	RD_TRY(rd_text_media_bytes(desk->desk.db, media->id, desk->arena, &bytes, &len, err));
	rc = rd_spool_put(dir, NULL, name, bytes, len, err);
	rd_arena_back_to(desk->arena, mark);
	if (rc != RD_OK && rc != RD_E_EXISTS)
		return rc;
	*ret_what = rc == RD_OK ? "written" : "there already";
	return RD_OK;
}

static enum rd_rc write_of_message(struct rd_ctl_desk *desk, int64_t message_id, const char *dir,
	struct rd_listing *listing, bool *ret_missing, struct rd_err *err)
{
	struct rd_text_media *items;
	size_t n;

	RD_TRY(rd_text_media_list(desk->desk.db, message_id, desk->arena, &items, &n, err));
	for (size_t i = 0; i < n; i++) {
		char name[80], number[24], size[24];
		const char *what = NULL;

		snprintf(name, sizeof name, "text-%" PRId64 "-%d.%s", message_id, items[i].place,
			rd_ctl_ending_of(items[i].type));
		snprintf(number, sizeof number, "%" PRId64, message_id);
		snprintf(size, sizeof size, "%" PRId64, items[i].size_bytes);
		RD_TRY(write_one(desk, &items[i], dir, name, &what, err));
		*ret_missing = *ret_missing || strcmp(items[i].state, "kept") != 0;
		if (listing->json != NULL)
			json_array_append_new(listing->json,
				json_pack("{s:I,s:i,s:s,s:I,s:s,s:s}", "message",
					(json_int_t)message_id, "place", items[i].place, "type",
					items[i].type, "bytes", (json_int_t)items[i].size_bytes,
					"file", name, "what", what));
		rd_table_row(&listing->table,
			(const char *const[]){ number, name, items[i].type, size, what });
	}
	return RD_OK;
}

static enum rd_rc write_all(struct rd_ctl_desk *desk, const char *reference, const char *dir,
	struct rd_listing *listing, bool *ret_missing, struct rd_err *err)
{
	int64_t case_id, *messages;
	size_t n;

	RD_TRY(rd_ctl_case(desk, reference, &case_id, err));
	RD_TRY(rd_spool_make_dir(dir, err));
	RD_TRY(rd_case_messages(desk->desk.db, case_id, desk->arena, &messages, &n, err));
	for (size_t i = 0; i < n; i++)
		RD_TRY(write_of_message(desk, messages[i], dir, listing, ret_missing, err));
	return RD_OK;
}

enum rd_exit rd_ctl_case_pictures(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	static const char *const heads[] = { "message", "file", "type", "bytes", "what", NULL };
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	RD_CLEANUP(rd_listing_free) struct rd_listing listing = { 0 };
	struct rd_err err = { 0 };
	bool missing = false;
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1)
		if (!rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	if (argc - optind != 2)
		return rd_ctl_usage(ctl);
	if (rd_ctl_open(ctl, &desk, &err) != RD_OK)
		return rd_ctl_fail(&err);
	rd_listing_begin(&listing, ctl->json, heads);
	if (write_all(&desk, argv[optind], argv[optind + 1], &listing, &missing, &err) != RD_OK)
		return rd_ctl_fail(&err);
	rd_listing_show(&listing, "No pictures came with this case's texts.");
	return missing ? RD_EXIT_FOUND : RD_EXIT_DONE;
}
