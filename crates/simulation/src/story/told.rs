//! A story in words.

use std::fmt;

use super::{CallFault, Dead, Settings, Setup, Story, What};

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "idle time {} min, {} subnets, {} routes each", self.idle, self.subnets, self.routes)
    }
}

impl fmt::Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dead = match self.dead {
            Dead::Neither => "alarm and schedule work",
            Dead::Schedule => "the schedule is dead",
            Dead::Alarm => "the alarm is dead",
        };
        let yes = |yes: bool| if yes { "" } else { "not " };
        writeln!(f, "  {}; {dead}; the schedule runs {} s into its five minutes", self.settings, self.schedule_at)?;
        writeln!(
            f,
            "  associating takes {} s, disassociating {} s, a call up to {} ms; descriptions lag {} s; clocks are off by \
             up to {} ms",
            self.associate, self.disassociate, self.call, self.lag, self.skew
        )?;
        write!(
            f,
            "  metrics are {}published while off; {} connections a page; routes are {}taken while associating; what is \
             associating can {}be disassociated{}",
            yes(self.published_while_off),
            self.page,
            yes(self.early_routes),
            yes(!self.refuses_early),
            if self.short_of_time { "; the disassociator has a tenth of its time" } else { "" }
        )
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { minutes: 0, .. } => write!(f, "somebody opens the page and leaves it"),
            Self::Open { asks_every, minutes } => {
                write!(f, "somebody opens the page, which asks every {asks_every} s for {minutes} min")
            }
            Self::Look => write!(f, "somebody looks at the page"),
            Self::Keep { hours } => write!(f, "somebody keeps it on for {hours} h"),
            Self::Off => write!(f, "somebody turns it off"),
            Self::Force { closed_for: None } => write!(f, "an administrator forces it off"),
            Self::Force { closed_for: Some(minutes) } => {
                write!(f, "an administrator forces it off and closes it for {minutes} min")
            }
            Self::AdminOn => write!(f, "an administrator turns it on"),
            Self::AdminOpen => write!(f, "an administrator opens it"),
            Self::AdminKeep { hours } => write!(f, "an administrator keeps it on for {hours} h"),
            Self::Connect { minutes } => write!(f, "a client connects for {minutes} min"),
            Self::Crowd { clients, minutes } => write!(f, "{clients} clients connect for {minutes} min each"),
            Self::ConsoleAssociates { subnet } => write!(f, "an administrator associates subnet {subnet} by hand"),
            Self::ConsoleDisassociates => write!(f, "an administrator disassociates a subnet by hand"),
            Self::MarkRemoved(mark) => write!(f, "an administrator removes {}", mark.key()),
            Self::MarksRemoved => write!(f, "somebody removes all our tags"),
            Self::MarkSpoiled(mark) => write!(f, "an administrator writes nonsense into {}", mark.key()),
            Self::MarkAhead(mark) => write!(f, "an administrator writes next month into {}", mark.key()),
            Self::Set(settings) => write!(f, "the settings become: {settings}"),
            Self::Trouble { op, fault, times } => {
                let what = match fault {
                    CallFault::Refused(code) => format!("is answered {code}"),
                    CallFault::Unheard => "gets no answer and does nothing".to_owned(),
                    CallFault::DoneUnheard => "gets no answer though it is done".to_owned(),
                    CallFault::Slow(seconds) => format!("takes {seconds} s"),
                    CallFault::CrashBefore => "kills the function before it is sent".to_owned(),
                    CallFault::CrashAfter => "kills the function after it is sent".to_owned(),
                };
                write!(f, "{} {what}, {times} times", op.name())
            }
            Self::Outage { code, minutes, everything } => {
                let to = if *everything { "" } else { " to EC2" };
                write!(f, "every call{to} is answered {code} for {minutes} min")
            }
            Self::Crawl { minutes } => {
                write!(f, "every call takes nearly seven seconds and AWS refuses most reads, for {minutes} min")
            }
            Self::EmptyBucket { minutes } => write!(f, "AWS refuses nine of ten reads, for {minutes} min"),
            Self::SlowAws { seconds, minutes } => {
                write!(f, "every call takes three quarters of {seconds} s and more for {minutes} min")
            }
            Self::AssociationFails => write!(f, "the next association will fail"),
            Self::RouteFails => write!(f, "the next route will fail"),
            Self::StrangeState => write!(f, "the next association will be in a state nobody knows"),
            Self::StrangeRoutes { minutes } => write!(f, "routes are in a state nobody knows for {minutes} min"),
            Self::EndpointGoes { minutes } => write!(f, "the endpoint is said to be deleted for {minutes} min"),
            Self::MetricGap { minutes } => write!(f, "no metrics are published for {minutes} min"),
            Self::MetricsLate { minutes } => write!(f, "metrics come {minutes} min late for half an hour"),
            Self::ScheduleLost => write!(f, "the next scheduled invocation is lost"),
            Self::Late { seconds } => write!(f, "the next invocation by schedule or alarm comes {seconds} s late"),
            Self::Twice => write!(f, "the next invocation by schedule or alarm comes twice"),
        }
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.setup)?;
        for event in &self.events {
            let (hours, minutes, seconds) = (event.at / 3600, event.at / 60 % 60, event.at % 60);
            writeln!(f, "  {hours}:{minutes:02}:{seconds:02}  {}", event.what)?;
        }
        Ok(())
    }
}
