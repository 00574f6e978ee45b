/** What tells tokens and invitations from owner keys; 256 random bits as base64url follow. */
export const TOKEN_PREFIX = 'tst_'
export const INVITATION_PREFIX = 'tsi_'
/** The same of what a link to send files with lends: the id of its inbox and a send key follow. */
export const SEND_TOKEN_PREFIX = 'tss_'

/** Anywhere in a text, such as the link of an invitation. */
export const TOKEN_IN_TEXT = /\btst_[\w-]{43}(?![\w-])/
export const INVITATION_IN_TEXT = /\btsi_[\w-]{43}(?![\w-])/
