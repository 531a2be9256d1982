//! Which route a request names.

use http::Method;

use super::{
    Outcome, Visit,
    table::{ROUTES, Spec},
};
use crate::world::{ApiError, World};

/// A route with the ids of one request.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// Method and path template, such as `POST /guilds/{guild_id}/channels`: faults and limits are
    /// keyed by it.
    pub(crate) template: &'static str,
    /// The top-level resource (channel, guild or webhook id) that a rate limit is kept for.
    pub(crate) resource: Option<u64>,
    /// The ids in the path, by their names in the template.
    pub(crate) ids: Vec<(&'static str, u64)>,
    /// A webhook's token.
    token: Option<String>,
    /// A part of the path that should be an id and is none.
    malformed: Option<(&'static str, String)>,
    spec: &'static Spec,
}

impl Route {
    /// Finds the route. `path` has neither the `/api/v10` prefix nor a query.
    pub(crate) fn parse(method: &Method, path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        ROUTES
            .iter()
            .find_map(|spec| Self::matching(spec, method.as_str(), &parts))
    }

    fn matching(spec: &'static Spec, method: &str, parts: &[&str]) -> Option<Self> {
        let path = spec.template.strip_prefix(method)?.strip_prefix(" /")?;
        let mut named = path.split('/');
        let mut route = Self {
            template: spec.template,
            resource: None,
            ids: Vec::new(),
            token: None,
            malformed: None,
            spec,
        };
        for (index, part) in parts.iter().enumerate() {
            let name = named.next()?;
            let Some(name) = name
                .strip_prefix('{')
                .and_then(|name| name.strip_suffix('}'))
            else {
                if name == *part {
                    continue;
                }
                return None;
            };
            if name == "webhook_token" {
                route.token = Some((*part).to_owned());
                continue;
            }
            match part.parse() {
                Ok(id) => {
                    route.ids.push((name, id));
                    let top = matches!(name, "channel_id" | "guild_id" | "webhook_id");
                    route.resource = route.resource.or((top && index == 1).then_some(id));
                }
                // Literals such as `@me` have routes of their own.
                Err(_) => route.malformed = Some((name, (*part).to_owned())),
            }
        }
        named.next().is_none().then_some(route)
    }

    /// Whether a route has this template, such as `POST /guilds/{guild_id}/channels`.
    pub(crate) fn is_template(text: &str) -> bool {
        ROUTES.iter().any(|spec| spec.template == text)
    }

    /// The id called `name` in the template.
    pub(crate) fn id(&self, name: &str) -> Option<u64> {
        self.ids
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, id)| *id)
    }

    /// The webhook's token in the path.
    pub(super) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Whether the route needs `Authorization: Bot …`: all but `GET /gateway` and webhooks with
    /// their token.
    pub(crate) fn needs_token(&self) -> bool {
        self.template != "GET /gateway" && self.token.is_none()
    }

    /// 50035 for a path whose ids are none.
    pub(super) fn check(&self) -> Result<(), ApiError> {
        let Some((name, part)) = &self.malformed else {
            return Ok(());
        };
        let message = format!("Value \"{part}\" is not snowflake.");
        Err(ApiError::form(name, "NUMBER_TYPE_COERCE", message))
    }

    /// Carries out the route.
    pub(super) fn act(&self, visit: &Visit<'_>, world: &mut World) -> Outcome {
        (self.spec.act)(visit, world)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(method: &str, path: &str) -> Option<Route> {
        Route::parse(&method.parse().unwrap(), path)
    }

    #[test]
    fn paths_lead_to_their_templates() {
        let rows = [
            (
                "POST",
                "/guilds/1/channels",
                "POST /guilds/{guild_id}/channels",
                Some(1),
            ),
            ("GET", "/users/@me", "GET /users/@me", None),
            ("GET", "/users/5", "GET /users/{user_id}", None),
            (
                "GET",
                "/guilds/1/members/search",
                "GET /guilds/{guild_id}/members/search",
                Some(1),
            ),
            (
                "DELETE",
                "/channels/1/messages/2",
                "DELETE /channels/{channel_id}/messages/{message_id}",
                Some(1),
            ),
            (
                "POST",
                "/webhooks/3/abc",
                "POST /webhooks/{webhook_id}/{webhook_token}",
                Some(3),
            ),
        ];
        for (method, path, template, resource) in rows {
            let route = parsed(method, path).unwrap();
            assert_eq!(
                (route.template, route.resource),
                (template, resource),
                "{path}"
            );
        }
        assert!(parsed("GET", "/nothing").is_none());
        assert!(parsed("PUT", "/users/@me").is_none());
        assert!(parsed("GET", "/channels").is_none());
    }

    #[test]
    fn what_is_no_id_is_a_form_error() {
        let route = parsed("GET", "/channels/abc").unwrap();
        let errors = route.check().unwrap_err().errors.unwrap();
        assert_eq!(
            errors["channel_id"]["_errors"][0]["code"],
            "NUMBER_TYPE_COERCE"
        );
    }

    #[test]
    fn every_template_leads_to_itself() {
        for spec in ROUTES {
            let (method, path) = spec.template.split_once(' ').unwrap();
            let parts = path
                .split('/')
                .map(|part| if part.starts_with('{') { "1" } else { part });
            let path = parts.collect::<Vec<_>>().join("/");
            assert_eq!(parsed(method, &path).unwrap().template, spec.template);
        }
    }
}
