// A training job's life by the AWS SDK for JavaScript, as it comes: endpoint, region and keys are from the environment.
import {
  CreateTrainingJobCommand,
  DescribeTrainingJobCommand,
  SageMakerClient,
  StopTrainingJobCommand,
  paginateListTrainingJobs,
  waitUntilTrainingJobCompletedOrStopped,
} from "@aws-sdk/client-sagemaker";

const client = new SageMakerClient({ maxAttempts: 3 });
const request = (TrainingJobName) => ({
  TrainingJobName,
  AlgorithmSpecification: { TrainingImage: "123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:1", TrainingInputMode: "File" },
  RoleArn: "arn:aws:iam::123456789012:role/Training",
  OutputDataConfig: { S3OutputPath: "s3://churn/models" },
  ResourceConfig: { InstanceType: "ml.m5.large", InstanceCount: 1, VolumeSizeInGB: 10 },
  StoppingCondition: { MaxRuntimeInSeconds: 86400 },
});
const found = {};
const caught = async (work) => {
  try {
    await work();
  } catch (error) {
    return [error.name, error.message, error.$metadata?.httpStatusCode ?? null];
  }
  return null;
};

const created = await client.send(new CreateTrainingJobCommand(request("churn-0")));
found.arn = created.TrainingJobArn;
found.requestId = created.$metadata.requestId;
const young = await client.send(new DescribeTrainingJobCommand({ TrainingJobName: "churn-0" }));
found.young = [young.TrainingJobStatus, young.SecondaryStatus, young.CreationTime.toISOString()];
const limits = { client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 };
// The clock of the mock passes 60 s with each poll.
found.waited = (await waitUntilTrainingJobCompletedOrStopped({ ...limits, minDelay: 0.01, maxDelay: 0.01 }, { TrainingJobName: "churn-0" })).state;
const old = await client.send(new DescribeTrainingJobCommand({ TrainingJobName: "churn-0" }));
found.old = [old.TrainingJobStatus, old.TrainingTimeInSeconds, old.SecondaryStatusTransitions.map((one) => one.Status)];

for (let number = 1; number < 8; number += 1) await client.send(new CreateTrainingJobCommand(request(`churn-${number}`)));
found.listed = [];
for await (const page of paginateListTrainingJobs({ client, pageSize: 3 }, { SortBy: "Name", SortOrder: "Ascending" })) {
  found.listed.push(page.TrainingJobSummaries.map((one) => one.TrainingJobName));
}

found.unknown = await caught(() => client.send(new DescribeTrainingJobCommand({ TrainingJobName: "none" })));
found.twice = await caught(() => client.send(new CreateTrainingJobCommand(request("churn-1"))));
found.ended = await caught(() => client.send(new StopTrainingJobCommand({ TrainingJobName: "churn-0" })));
// The test has prepared a reset connection and a throttled call for this one: the SDK retries both.
await client.send(new StopTrainingJobCommand({ TrainingJobName: "churn-7" }));
found.stopped = (await client.send(new DescribeTrainingJobCommand({ TrainingJobName: "churn-7" }))).TrainingJobStatus;
// The first stop of this one takes effect, and its answer is lost; so the SDK's second attempt is refused.
found.lost = await caught(() => client.send(new StopTrainingJobCommand({ TrainingJobName: "churn-6" })));
client.destroy();
console.log(JSON.stringify(found));
