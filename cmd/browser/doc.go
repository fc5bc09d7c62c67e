// Package browser holds tests that open the pages of bbaudit in headless Chromium: what they show
// and do at several widths, in light and dark, with and without JavaScript, how fast the large ones
// open, and what axe-core, which checks accessibility, says of them. It is a module of its own, since
// nothing else needs what drives a browser.
package browser
