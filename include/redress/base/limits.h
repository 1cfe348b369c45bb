/* limits: the named maximum of every size that comes from outside. */
#ifndef REDRESS_BASE_LIMITS_H
#define REDRESS_BASE_LIMITS_H

#define RD_MAIL_BYTES_MAX	(64u << 20)  /* a mail is stored whole up to this (Size limit) */
#define RD_RAW_PIECE_BYTES	(512u << 10) /* raw mail is fetched and stored in pieces of this */
#define RD_TEXT_BYTES_MAX	(1u << 20)   /* readable text taken from one message */
#define RD_SCORED_BYTES_MAX	(64u << 10) /* of which at most this is scored; more is truncation */
#define RD_SUBJECT_BYTES_MAX	4096
#define RD_ADDRESS_BYTES_MAX	320 /* RFC 5321 4.5.3.1: 64 + @ + 255 */
#define RD_MESSAGE_ID_BYTES_MAX 998 /* RFC 5322 2.1.1 */
#define RD_REFERENCES_MAX	50
#define RD_PARTS_MAX		100
#define RD_PART_DEPTH_MAX	20
#define RD_HITS_MAX		512
#define RD_SMS_BYTES_MAX	(16u << 10) /* one text message's body */
#define RD_TEXT_PARTS_MAX	255 /* of one text: they are counted in a byte (3GPP TS 23.040) */
#define RD_WEBHOOK_BYTES_MAX	(64u << 10)
#define RD_MEDIA_MAX		10	   /* pictures of one text */
#define RD_MEDIA_BYTES_MAX	(5u << 20) /* one picture: Twilio takes no larger ones */
#define RD_SMS_REPLY_UNITS_MAX	918	   /* GOV.UK Notify's limit for one outgoing text */

#endif
