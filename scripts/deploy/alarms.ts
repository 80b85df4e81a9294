// The alarms of a stage. Each says in its description what it means and where to look.

import type { MetricName } from '../../lib/telemetry/metrics.ts';
import { integerParam } from './param.ts';
import type { Resource } from './template.ts';
import { THROTTLED } from './throttled-metric.ts';

/** Length of an alarm's period, in seconds; the scheduled repair reports several times in it. */
const PERIOD_SECONDS = 300;

/** From `custom.deploy` in serverless.yml. */
export interface AlarmSettings {
  /** ARN of the SNS topic that is told; empty: nobody is. */
  readonly alarmTopic: string;
  readonly backlogAgeAlarmSeconds: number | string;
  readonly replicationFailuresAlarm: number | string;
  readonly serverErrorsAlarm: number | string;
  readonly throttledRequestsAlarm: number | string;
}

interface Alarm {
  /** What it is called within the stage. */
  readonly name: string;
  readonly description: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, unknown>>;
  readonly statistic: 'Maximum' | 'Sum';
  readonly comparison?: 'GreaterThanThreshold' | 'GreaterThanOrEqualToThreshold' | 'LessThanThreshold';
  readonly threshold: number;
  readonly missingIsBad?: boolean;
}

export interface AlarmSubjects {
  /** What the stage is called: its metrics are, too, whichever role its node has. */
  readonly stage: string;
  /** Of the functions, as they are called in serverless.yml, with their logical ids. */
  readonly functions: Readonly<Record<string, string>>;
  /** The name of the table that they use, and the logical id of the HTTP API. */
  readonly table: string;
  readonly httpApi: string;
}

/** By logical id. */
export function alarmsOf(subjects: AlarmSubjects, settings: AlarmSettings): Record<string, Resource> {
  const alarms = [
    serverErrors(subjects, settings),
    throttledRequests(subjects, settings),
    ...functionThrottles(subjects),
    ...tableThrottles(subjects),
    ...replicationAlarms(subjects, settings),
  ];
  const actions = settings.alarmTopic ? [settings.alarmTopic] : [];
  return Object.fromEntries(alarms.map((alarm) => [logicalId(alarm.name), resourceOf(alarm, subjects.stage, actions)]));
}

/** A node that is the replica emits nothing of what they watch, which is no reason for an alarm. */
function replicationAlarms({ stage, functions }: AlarmSubjects, settings: AlarmSettings): Alarm[] {
  const tandem = (metric: MetricName) => ({
    namespace: 'Tandem',
    metric,
    dimensions: { service: `tandem-${stage}` },
  });
  const scheduled = {
    namespace: 'AWS/Lambda',
    dimensions: { FunctionName: { Ref: functions['scheduled-repair'] } },
  };
  return [
    {
      ...tandem('BacklogAge'),
      name: 'backlog-age',
      description:
        'The oldest write has not reached the replica for too long. Is the replica up? GET /status on the primary says what it answers.',
      statistic: 'Maximum',
      threshold: integerParam('backlogAgeAlarmSeconds', settings.backlogAgeAlarmSeconds),
    },
    {
      ...tandem('ReplicationFailures'),
      name: 'replication-failures',
      description:
        'Records did not get through to the replica. They are tried again; the log of the functions put and scheduled-repair says why.',
      statistic: 'Sum',
      comparison: 'GreaterThanOrEqualToThreshold',
      threshold: integerParam('replicationFailuresAlarm', settings.replicationFailuresAlarm),
    },
    {
      ...tandem('Divergent'),
      name: 'divergent',
      description:
        'A failover has superseded writes that nobody had seen. GET /divergent lists them; DELETE /divergent acknowledges them.',
      statistic: 'Maximum',
      threshold: 0,
    },
    {
      ...scheduled,
      metric: 'Invocations',
      name: 'repair-missing',
      description:
        'The scheduled repair was not called for five minutes: this node does not heal by itself. Is the schedule of scheduled-repair enabled?',
      statistic: 'Sum',
      comparison: 'LessThanThreshold',
      threshold: 1,
      missingIsBad: true,
    },
    {
      ...scheduled,
      metric: 'Errors',
      name: 'scheduled-repair-errors',
      description: 'A scheduled repair has ended with an error or ran out of time. See its log.',
      statistic: 'Sum',
      threshold: 0,
    },
  ];
}

function serverErrors({ httpApi }: AlarmSubjects, settings: AlarmSettings): Alarm {
  return {
    name: 'server-errors',
    description: 'Clients get answers of 500 and above. The logs of the functions hold the request ids.',
    namespace: 'AWS/ApiGateway',
    metric: '5xx',
    dimensions: { ApiId: { Ref: httpApi } },
    statistic: 'Sum',
    comparison: 'GreaterThanOrEqualToThreshold',
    threshold: integerParam('serverErrorsAlarm', settings.serverErrorsAlarm),
  };
}

function throttledRequests({ stage }: AlarmSubjects, settings: AlarmSettings): Alarm {
  return {
    ...THROTTLED,
    name: 'throttled-requests',
    description:
      'The gateway turns requests away with 429: a route has reached its limit. Its access log names routes and addresses.',
    dimensions: { service: `tandem-${stage}` },
    statistic: 'Sum',
    comparison: 'GreaterThanOrEqualToThreshold',
    threshold: integerParam('throttledRequestsAlarm', settings.throttledRequestsAlarm),
  };
}

/** One each: an alarm can add up ten metrics at most, and there are more functions. */
function functionThrottles({ functions }: AlarmSubjects): Alarm[] {
  return Object.entries(functions).map(([name, id]) => ({
    name: `throttled-${name}`,
    description: `Lambda turns calls of ${name} away: the account's or the function's concurrency is used up.`,
    namespace: 'AWS/Lambda',
    metric: 'Throttles',
    dimensions: { FunctionName: { Ref: id } },
    statistic: 'Sum',
    threshold: 0,
  }));
}

/** One each for reads and writes of the table and its indexes: they are throttled on their own. */
function tableThrottles({ table }: AlarmSubjects): Alarm[] {
  const parts = [
    { part: 'table', dimensions: { TableName: table } },
    ...['keys', 'backlog'].map((index) => ({
      part: `index-${index}`,
      dimensions: { TableName: table, GlobalSecondaryIndexName: index },
    })),
  ];
  return parts.flatMap(({ part, dimensions }) =>
    (['Read', 'Write'] as const).map((kind) => ({
      name: `throttled-${part}-${kind.toLowerCase()}s`,
      description: `DynamoDB turns ${kind.toLowerCase()}s away (${part.replace('-', ' ')}): one key is asked for too often, or the table's or account's limit is reached.`,
      namespace: 'AWS/DynamoDB',
      metric: `${kind}ThrottleEvents`,
      dimensions,
      statistic: 'Sum' as const,
      threshold: 0,
    })),
  );
}

function resourceOf(alarm: Alarm, stage: string, actions: readonly string[]): Resource {
  const { comparison = 'GreaterThanThreshold', missingIsBad = false } = alarm;
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: `tandem-${stage}-${alarm.name}`,
      AlarmDescription: alarm.description,
      Namespace: alarm.namespace,
      MetricName: alarm.metric,
      Dimensions: Object.entries(alarm.dimensions).map(([Name, Value]) => ({ Name, Value })),
      Statistic: alarm.statistic,
      ComparisonOperator: comparison,
      Threshold: alarm.threshold,
      Period: PERIOD_SECONDS,
      EvaluationPeriods: 1,
      TreatMissingData: missingIsBad ? 'breaching' : 'notBreaching',
      ...(actions.length > 0 && { AlarmActions: actions, OKActions: actions }),
    },
  };
}

/** `backlog-age` becomes `BacklogAgeAlarm`. */
function logicalId(name: string): string {
  return `${name.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}Alarm`;
}
