/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_PAGE_H
#define TESTS_PAGE_H
/* What a report must be, whatever it is of. */

/* Fails where the page has an element or attribute that a report does not use, so that nothing that
 * came from outside became one; where one is not closed; or where something refers to another file
 * or to the network. */
void page_is_sound(const char *html);
/* The page's text without its tags, with what is escaped read back; malloc'd. */
char *page_words(const char *html);

#endif
