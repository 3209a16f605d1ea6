//! The closed lists of words, described for `OpenAPI`. They are read in any letter case.

use domain::{
    Change, Changes, CodeFormat, Condition, DeliveredBy, EventSource, HubSignIn, JobKind, JobState, Kind, Nearness,
    Operator, Outcome, PropertyType, Role, Severity, SubscriptionHealth, TargetKind, Watching,
};
use rules::lint::{Code, Level};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{ObjectBuilder, Schema, Type},
    },
};

macro_rules! described {
    ($($name:ident: $of:ty, $description:literal;)+) => {$(
        #[doc = $description]
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .enum_values(Some(<$of>::ALL.iter().map(|word| word.as_str())))
                    .description(Some($description))
                    .into()
            }
        }
        impl ToSchema for $name {}
    )+};
}

described! {
    ChangeWord: Change, "What an event says happened.";
    ChangesWord: Changes, "Which changes of alerts a source lets through.";
    CodeFormatWord: CodeFormat, "A form an export can be written in.";
    ConditionWord: Condition, "What keeps a target from taking events; ok when nothing does.";
    DeliveredByWord: DeliveredBy, "Who sends.";
    EventSourceWord: EventSource, "The data a source takes, spelt as in Microsoft.Security/automations.";
    HubSignInWord: HubSignIn, "How an event hub is told who sends.";
    JobKindWord: JobKind, "The sorts of jobs.";
    JobStateWord: JobState, "How a job does.";
    KindWord: Kind, "A kind of security data.";
    LintCodeWord: Code, "What a finding about an export is about.";
    LintLevelWord: Level, "How much a finding matters.";
    NearnessWord: Nearness, "How an event stands to a filter.";
    OperatorWord: Operator, "How a value is compared, spelt as in Microsoft.Security/automations.";
    OutcomeWord: Outcome, "What became of one event for one export: exactly one of these.";
    PropertyTypeWord: PropertyType, "How a value is read, spelt as in Microsoft.Security/automations.";
    RoleWord: Role, "What a person may do; each role may do what the ones before it may.";
    SeverityWord: Severity, "How bad it is.";
    SubscriptionHealthWord: SubscriptionHealth, "What keeps a subscription from being watched; ok when nothing does.";
    TargetKindWord: TargetKind, "A kind of target.";
    WatchingWord: Watching, "How a subscription is watched.";
}
