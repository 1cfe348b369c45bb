#include "redress/intake/imap_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "redress/intake/imap_private.h"

#define FOLDER_BYTES 1024
#define STREAM_BYTES (64u << 10)

enum rd_rc rd_imap_new(struct rd_stream *stream, const struct rd_imap_abilities *abilities,
	const char *server, struct rd_imap **ret_imap, struct rd_err *err)
{
	RD_CLEANUP(rd_imap_cleanup) struct rd_imap *imap = calloc(1, sizeof *imap);
	RD_ASSERT(imap);
	imap->stream = stream;
	imap->abilities = *abilities;
	snprintf(imap->server, sizeof imap->server, "%s", server);
	rd_imap_scan_init(&imap->scan, RD_IMAP_LITERAL_MAX);
	imap->session = mailimap_new(0, NULL);
	mailstream_low *low = mailstream_low_new(imap, &rd_imap_driver);
	mailstream *buffered = low ? mailstream_new(low, STREAM_BYTES) : NULL;
	RD_ASSERT(imap->session && buffered);
	int code = mailimap_connect(imap->session, buffered);
	if (code != MAILIMAP_NO_ERROR_NON_AUTHENTICATED)
		return rd_imap_outcome(imap, code, "begin", err);
	imap->session->imap_state = MAILIMAP_STATE_AUTHENTICATED;
	*ret_imap = RD_STEAL(imap);
	return RD_OK;
}

void rd_imap_free(struct rd_imap *imap)
{
	if (!imap)
		return;
	if (imap->session) {
		if (!imap->broken) {
			rd_imap_begin(imap, 5000, RD_IMAP_SHORT_BYTES);
			mailimap_logout(imap->session);
		}
		imap->broken = true;
		mailimap_free(imap->session);
	}
	rd_stream_free(imap->stream);
	free(imap);
}

void rd_imap_cleanup(struct rd_imap **imap)
{
	rd_imap_free(*imap);
	*imap = NULL;
}

void rd_imap_set_deadline(struct rd_imap *imap, int64_t most_ms)
{
	imap->most_ms = most_ms;
}

bool rd_imap_broken(const struct rd_imap *imap)
{
	return imap->broken;
}

bool rd_imap_woken(const struct rd_imap *imap)
{
	return rd_stream_woken(imap->stream);
}

const struct rd_imap_abilities *rd_imap_abilities(const struct rd_imap *imap)
{
	return &imap->abilities;
}

enum rd_rc rd_imap_select(struct rd_imap *imap, const char *folder,
	struct rd_imap_folder *ret_folder, struct rd_err *err)
{
	char name[FOLDER_BYTES];
	RD_TRY(rd_imap_encode_folder(folder, name, sizeof name, err));
	rd_imap_begin(imap, RD_IMAP_COMMAND_MS, RD_IMAP_SHORT_BYTES);
	int code = mailimap_select(imap->session, name);
	const char *words = imap->session->imap_response;
	if (code != MAILIMAP_NO_ERROR && words && strcasestr(words, "but not connected"))
		return rd_fail(err, RD_E_REFUSED,
			"%s: the login was taken, but Exchange opens no mailbox for it: `User:` is "
			"not the mailbox's own address, IMAP is switched off for it "
			"(Set-CASMailbox -ImapEnabled $true), or the app has no right to it "
			"(Add-MailboxPermission -AccessRights FullAccess)",
			imap->server);
	RD_TRY(rd_imap_outcome(imap, code, "open the folder", err));
	const struct mailimap_selection_info *info = imap->session->imap_selection_info;
	if (!info || info->sel_uidvalidity == 0)
		return rd_fail(err, RD_E_REFUSED,
			"%s: the folder keeps no unique numbers of its mails (UIDVALIDITY); it "
			"cannot "
			"be watched safely",
			imap->server);
	struct rd_imap_folder found = {
		.uidvalidity = info->sel_uidvalidity,
		.uidnext = info->sel_uidnext,
		.exists = info->sel_exists,
		.read_only = info->sel_perm == MAILIMAP_MAILBOX_READONLY,
	};
	if (info->sel_perm_flags)
		for (clistiter *i = clist_begin(info->sel_perm_flags); i; i = clist_next(i)) {
			const struct mailimap_flag_perm *flag = clist_content(i);
			found.any_keyword |= flag->fl_type == MAILIMAP_FLAG_PERM_ALL;
		}
	*ret_folder = found;
	return RD_OK;
}

static bool is_keyword(const struct mailimap_flag *flag, const char *keyword)
{
	return flag && flag->fl_type == MAILIMAP_FLAG_KEYWORD && flag->fl_data.fl_keyword &&
	       strcasecmp(flag->fl_data.fl_keyword, keyword) == 0;
}

bool rd_imap_keeps_keyword(const struct rd_imap *imap, const char *keyword)
{
	const struct mailimap_selection_info *info = imap->session->imap_selection_info;
	if (!info || info->sel_perm == MAILIMAP_MAILBOX_READONLY)
		return false;
	/* RFC 3501 7.1: without PERMANENTFLAGS every flag of FLAGS is kept, and no new one. */
	if (!info->sel_perm_flags) {
		if (!info->sel_flags || !info->sel_flags->fl_list)
			return false;
		for (clistiter *i = clist_begin(info->sel_flags->fl_list); i; i = clist_next(i))
			if (is_keyword(clist_content(i), keyword))
				return true;
		return false;
	}
	for (clistiter *i = clist_begin(info->sel_perm_flags); i; i = clist_next(i)) {
		const struct mailimap_flag_perm *flag = clist_content(i);
		if (flag->fl_type == MAILIMAP_FLAG_PERM_ALL || is_keyword(flag->fl_flag, keyword))
			return true;
	}
	return false;
}

uint32_t rd_imap_exists(const struct rd_imap *imap)
{
	const struct mailimap_selection_info *info = imap->session->imap_selection_info;
	return info ? info->sel_exists : 0;
}

/* Some servers list a name that is none: \Noselect, \NonExistent (RFC 5258 3). */
static bool cannot_be_opened(const struct mailimap_mbx_list_flags *flags)
{
	if (!flags)
		return false;
	if (flags->mbf_type == MAILIMAP_MBX_LIST_FLAGS_SFLAG &&
		flags->mbf_sflag == MAILIMAP_MBX_LIST_SFLAG_NOSELECT)
		return true;
	for (clistiter *i = flags->mbf_oflags ? clist_begin(flags->mbf_oflags) : NULL; i;
		i = clist_next(i)) {
		const struct mailimap_mbx_list_oflag *flag = clist_content(i);
		if (flag->of_type == MAILIMAP_MBX_LIST_OFLAG_FLAG_EXT && flag->of_flag_ext &&
			strcasecmp(flag->of_flag_ext, "\\NonExistent") == 0)
			return true;
	}
	return false;
}

enum rd_rc rd_imap_has_folder(
	struct rd_imap *imap, const char *folder, bool *ret_there, struct rd_err *err)
{
	char name[FOLDER_BYTES];
	clist *found = NULL;
	RD_TRY(rd_imap_encode_folder(folder, name, sizeof name, err));
	rd_imap_begin(imap, RD_IMAP_COMMAND_MS, RD_IMAP_SHORT_BYTES);
	RD_TRY(rd_imap_outcome(
		imap, mailimap_list(imap->session, "", name, &found), "list folders", err));
	*ret_there = false;
	for (clistiter *i = found ? clist_begin(found) : NULL; i; i = clist_next(i)) {
		const struct mailimap_mailbox_list *item = clist_content(i);
		*ret_there |= !cannot_be_opened(item->mb_flag);
	}
	mailimap_list_result_free(found);
	return RD_OK;
}

/* --- marks --- */

enum rd_rc rd_imap_add_keyword(struct rd_imap *imap, const uint32_t *uids, size_t n,
	const char *keyword, struct rd_err *err)
{
	/* RFC 3501 9, flag-keyword: an atom. */
	if (!*keyword || strpbrk(keyword, "(){ %*\"\\]") || !rd_imap_is_clean(keyword))
		return rd_fail(err, RD_E_INPUT, "`%.64s` cannot be a keyword", keyword);
	RD_CLEANUP(rd_imap_set_cleanup) struct mailimap_set *set = rd_imap_make_set(uids, n);
	char *copy = strdup(keyword);
	struct mailimap_flag_list *flags = mailimap_flag_list_new_empty();
	RD_ASSERT(copy && flags);
	struct mailimap_flag *flag = mailimap_flag_new_flag_keyword(copy);
	RD_ASSERT(flag && mailimap_flag_list_add(flags, flag) == MAILIMAP_NO_ERROR);
	struct mailimap_store_att_flags *change =
		mailimap_store_att_flags_new_add_flags_silent(flags);
	RD_ASSERT(change);
	rd_imap_begin(imap, RD_IMAP_COMMAND_MS, RD_IMAP_SHORT_BYTES);
	int code = mailimap_uid_store(imap->session, set, change);
	mailimap_store_att_flags_free(change);
	return rd_imap_outcome(imap, code, "keep a keyword", err);
}

bool rd_imap_can_move(const struct rd_imap *imap)
{
	const struct mailimap_selection_info *info = imap->session->imap_selection_info;
	return (imap->abilities.move || imap->abilities.uidplus) && info &&
	       info->sel_perm != MAILIMAP_MAILBOX_READONLY;
}

static enum rd_rc move_once(
	struct rd_imap *imap, struct mailimap_set *set, const char *folder, struct rd_err *err)
{
	mailimap *session = imap->session;
	rd_imap_begin(imap, RD_IMAP_COMMAND_MS, RD_IMAP_SHORT_BYTES);
	if (imap->abilities.move)
		return rd_imap_outcome(
			imap, mailimap_uid_move(session, set, folder), "move mails", err);
	RD_TRY(rd_imap_outcome(imap, mailimap_uid_copy(session, set, folder), "copy mails", err));
	struct mailimap_flag_list *flags = mailimap_flag_list_new_empty();
	struct mailimap_flag *deleted = mailimap_flag_new_deleted();
	RD_ASSERT(flags && deleted && mailimap_flag_list_add(flags, deleted) == MAILIMAP_NO_ERROR);
	struct mailimap_store_att_flags *change =
		mailimap_store_att_flags_new_add_flags_silent(flags);
	RD_ASSERT(change);
	rd_imap_begin(imap, RD_IMAP_COMMAND_MS, RD_IMAP_SHORT_BYTES);
	int code = mailimap_uid_store(session, set, change);
	mailimap_store_att_flags_free(change);
	RD_TRY(rd_imap_outcome(imap, code, "take copied mails away", err));
	rd_imap_begin(imap, RD_IMAP_COMMAND_MS, RD_IMAP_SHORT_BYTES);
	return rd_imap_outcome(
		imap, mailimap_uid_expunge(session, set), "take copied mails away", err);
}

enum rd_rc rd_imap_move(struct rd_imap *imap, const uint32_t *uids, size_t n, const char *folder,
	struct rd_err *err)
{
	char name[FOLDER_BYTES];
	RD_TRY(rd_imap_encode_folder(folder, name, sizeof name, err));
	if (!rd_imap_can_move(imap))
		return rd_fail(err, RD_E_REFUSED,
			"%s: the server can neither MOVE nor UID EXPUNGE in this folder",
			imap->server);
	RD_CLEANUP(rd_imap_set_cleanup) struct mailimap_set *set = rd_imap_make_set(uids, n);
	enum rd_rc rc = move_once(imap, set, name, err);
	const struct mailimap_response_info *info = imap->session->imap_response_info;
	if (rc != RD_E_REFUSED || imap->broken || !info || !info->rsp_trycreate)
		return rc;
	rd_imap_begin(imap, RD_IMAP_COMMAND_MS, RD_IMAP_SHORT_BYTES);
	RD_TRY(rd_imap_outcome(imap, mailimap_create(imap->session, name), "make the folder", err));
	return move_once(imap, set, name, err);
}
