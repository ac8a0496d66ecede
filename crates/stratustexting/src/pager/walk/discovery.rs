//! How the service pages, found out by requests.
//!
//! It isn't documented. Pages are numbered from 0 unless the service shows that they are
//! numbered from 1: page 0 is rejected or empty, or it is the same as page 1 while page 2 is
//! another. A token in a response is followed once a request has shown that the service takes
//! it.

use serde::Serialize;

use super::{
    super::{End, Page, last_page::LastPage, page_position::Token},
    Walk, fingerprint,
};
use crate::{Error, Result, error::Kind, reading::NextToken};

impl<T: Serialize + Send + 'static> Walk<T> {
    /// Handles a page that was rejected: the first, if pages may be numbered from 1, or the
    /// one after the last.
    pub(super) async fn after_rejection(
        &mut self,
        error: Error,
        number: u32,
    ) -> Result<Option<Page<T>>> {
        if self.delivered || number != 0 || self.position.first.is_some() {
            return self.end_or_fail(error).map(|()| None);
        }
        if !has_status(&error, &[400, 404, 416, 422]) && !blames_the_page(&error) {
            return Err(error);
        }
        // If page 1 fails as well, the first error says more than that of a page that nobody
        // knows of.
        let page = match self.request(Some(1), None).await {
            Ok(page) if !page.is_empty() => page,
            _ => return Err(error),
        };
        // The rejection may have been an accident. Going on from page 1 would then lose page 0.
        if let Ok(first) = self.request(Some(0), None).await {
            return Ok(Some(first));
        }
        self.number_from(1);
        Ok(Some(page))
    }

    /// Ends the list if the error only says that there is no page with this number.
    fn end_or_fail(&mut self, error: Error) -> Result<()> {
        let may_be_the_end = self.delivered && self.doubt.is_none() && !self.says_more;
        if !may_be_the_end || !has_status(&error, &[404, 416]) {
            return Err(error);
        }
        self.finish(End::EmptyPage);
        Ok(())
    }

    fn number_from(&mut self, first: u32) {
        tracing::debug!(operation = self.operation, first, "pages are numbered");
        self.position.first = Some(first);
        self.position.page = first;
    }

    /// Looks at page 0, and returns page 1 instead if that is the first.
    pub(super) async fn after_page_0(&mut self, page: Page<T>) -> Page<T> {
        // A page that calls itself page 1 proves nothing: a service may count pages from 0 in
        // requests and from 1 in responses.
        if !page.is_empty() && page.metadata.number == Some(0) {
            self.position.first = Some(0);
        }
        let is_last = LastPage::of(&page, &self.position, self.position.seen);
        if page.is_empty() && is_last != LastPage::Yes {
            match self.request(Some(1), None).await {
                Ok(other) if !other.is_empty() => {
                    self.number_from(1);
                    return other;
                }
                _ => {}
            }
        }
        page
    }

    /// Handles a page whose items came before: the second of a list that is numbered from 1,
    /// every page of a service that ignores the number, or one instead of another.
    pub(super) async fn after_repeat(&mut self, repeated: u64) -> Result<Option<Page<T>>> {
        let number = self.position.page;
        tracing::debug!(operation = self.operation, page = number, "a page repeats");
        let second = number == 1 && self.position.first.is_none() && self.seen_pages.len() == 1;
        self.position.page = number.saturating_add(1);
        let page = match self.request(Some(self.position.page), None).await {
            Ok(page) => page,
            Err(error) => {
                self.position.page = number;
                return self.end_or_fail(error).map(|()| None);
            }
        };
        let seen =
            |page: &Page<T>| !page.is_empty() && self.seen_pages.contains(&fingerprint(page));
        if self.seen_pages.len() == 1
            && seen(&page)
            && let Some(token) = self.unused_token.take()
        {
            // The service ignores the numbers that its pages tell. It may take the token.
            self.follow(token).await?;
            return Ok(None);
        }
        if second {
            if seen(&page) {
                self.finish(End::PageIgnored);
                return Ok(None);
            }
            // Page 0 was page 1, and this one is page 2.
            self.position.first = Some(1);
            return self.accept(page).await.map(Some);
        }
        self.doubt.get_or_insert(End::PageRepeated { page: number });
        if seen(&page) || page.is_empty() {
            let ignored = self.seen_pages.len() == 1 && self.seen_pages.front() == Some(&repeated);
            self.finish(if ignored {
                End::PageIgnored
            } else {
                End::PageRepeated { page: number }
            });
            return Ok(None);
        }
        self.accept(page).await.map(Some)
    }

    /// Finds out in which parameter the service takes a token. It takes it if the response is
    /// another page than the first, and the same page when the request is made again. If it
    /// takes none, page 1 is requested in the same way: some services have both.
    pub(super) async fn follow(&mut self, next: NextToken) -> Result<()> {
        for parameter in Token::parameters(&next.key) {
            let token = Token {
                parameter,
                token: next.token.clone(),
            };
            if self.brings_new_page(None, Some(&token)).await? {
                tracing::debug!(
                    operation = self.operation,
                    parameter = token.parameter,
                    "the list is paged by a token"
                );
                self.position.token = Some(token);
                return Ok(());
            }
        }
        if !self.brings_new_page(Some(self.position.page), None).await? {
            self.finish(End::TokenNotTaken { key: next.key });
        }
        Ok(())
    }

    /// Whether a request returns a page that is new, and the same page twice.
    async fn brings_new_page(&self, page: Option<u32>, token: Option<&Token>) -> Result<bool> {
        let Ok(first) = self.request(page, token).await else {
            return Ok(false);
        };
        let found = fingerprint(&first);
        if first.is_empty() || self.seen_pages.contains(&found) {
            return Ok(false);
        }
        let again = self.request(page, token).await?;
        Ok(fingerprint(&again) == found)
    }
}

/// Whether the service rejected a request with one of these statuses.
fn has_status(error: &Error, statuses: &[u16]) -> bool {
    let status = error.status().filter(|_| *error.kind() == Kind::Status);
    status.is_some_and(|status| statuses.contains(&status.as_u16()))
}

/// Whether a success reports a failure because of the page's number. Any other failure may
/// pass, and page 0 would be lost if page 1 were taken for the first.
fn blames_the_page(error: &Error) -> bool {
    let message = error
        .service_message()
        .filter(|_| error.is_service_failure());
    message.is_some_and(|message| message.to_ascii_lowercase().contains("page"))
}
