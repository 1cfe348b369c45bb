#include "redress/intake/imap_connect.h"

#include <stdio.h>
#include <string.h>

#include "redress/wire/credential.h"
#include "redress/wire/oauth.h"

static enum rd_rc open_and_prove(const struct rd_imap_way *way, struct rd_imap_proof *proof,
	struct rd_stream **ret_stream, struct rd_imap_abilities *ret_abilities, struct rd_err *err)
{
	const struct rd_mailbox_config *config = way->config;
	struct rd_stream_options options = {
		.host = config->host,
		.port = config->port,
		.security = config->security,
		.trust = way->trust,
		.wake_fd = way->wake_fd,
		.connect_ms = way->connect_ms,
		.read_ms = way->read_ms,
	};
	RD_CLEANUP(rd_stream_cleanup) struct rd_stream *stream = NULL;
	RD_TRY(rd_stream_open(&options, &stream, err));
	RD_TRY(rd_imap_login(stream, config->security, proof, ret_abilities, err));
	*ret_stream = RD_STEAL(stream);
	return RD_OK;
}

static enum rd_rc by_password(const struct rd_imap_way *way, struct rd_stream **ret_stream,
	struct rd_imap_abilities *ret_abilities, struct rd_err *err)
{
	RD_CLEANUP(rd_secret_wipe) struct rd_secret password;
	memset(&password, 0, sizeof password);
	RD_TRY(rd_credential_read(&way->config->password, &password, err));
	struct rd_imap_proof proof = { .user = way->config->user, .password = password.text };
	return open_and_prove(way, &proof, ret_stream, ret_abilities, err);
}

static enum rd_rc by_token(const struct rd_imap_way *way, struct rd_stream **ret_stream,
	struct rd_imap_abilities *ret_abilities, struct rd_err *err)
{
	const struct rd_mailbox_config *config = way->config;
	RD_CLEANUP(rd_token_wipe) struct rd_token token = { .text = "" };
	struct rd_imap_proof proof = { .user = config->user,
		.token = token.text,
		.host = config->host,
		.port = config->port };
	for (int try = 0; try < 2; try++) {
		RD_TRY(rd_tokens_get(config->oauth, config->user, way->stop, &token, err));
		enum rd_rc rc = open_and_prove(way, &proof, ret_stream, ret_abilities, err);
		if (rc == RD_OK || !proof.token_refused)
			return rc;
		rd_tokens_refused(config->oauth, config->user, &token);
	}
	return rd_oauth_explain_login(config->oauth, config->user, "IMAP", proof.words, err);
}

enum rd_rc rd_imap_connect(const struct rd_imap_way *way, struct rd_stream **ret_stream,
	struct rd_imap_abilities *ret_abilities, struct rd_err *err)
{
	const struct rd_mailbox_config *config = way->config;
	char server[300];
	enum rd_rc rc = config->oauth ? by_token(way, ret_stream, ret_abilities, err)
				      : by_password(way, ret_stream, ret_abilities, err);
	snprintf(server, sizeof server, "%s port %d", config->host, config->port);
	if (rc == RD_OK || strstr(err->msg, server))
		return rc;
	return rd_fail_within(err, "%s", server);
}
